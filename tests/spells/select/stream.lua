local smart = llm { fallback = { "scripted/first", "scripted/second" } }
for chunk in smart:stream("Hi") do
  write(chunk.text)
end
local ok, err = pcall(function()
  for chunk in smart:stream("Again") do
    write(chunk.text)
  end
end)
return { ok, err.message }
