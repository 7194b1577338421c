local function read(prompt)
  for chunk in llm():stream(prompt) do
    write(chunk.text)
  end
end
local _, empty = pcall(read, "")
local _, number = pcall(read, 5)
return { empty.kind, number.kind }
