-- A conversation: each line of the standard input is what the user says, and the model sees all that came before.
--   llmspell run examples/08_chat.lua
local model = llm(nil, { max_tokens = 80 })
local messages = { { role = "system", content = "You are friendly and brief." } }

for line in stdin.lines() do
  messages[#messages + 1] = { role = "user", content = line }
  local answer = ""
  for chunk in model:stream(messages) do
    write(chunk.text)
    answer = answer .. chunk.text
  end
  print()
  messages[#messages + 1] = { role = "assistant", content = answer }
end

return { turns = (#messages - 1) // 2, tokens = model:count_tokens(messages).tokens }
