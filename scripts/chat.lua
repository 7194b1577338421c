-- Talks with you: each line that you type is answered, with what was said before in mind.
--   llmspell run chat
--   llmspell run chat -p system="You are a pirate." --model local/smollm2-135m
-- Parameters: system (what the model is told first), tokens of the conversation that it is shown (3000).
local model = llm(nil, { max_tokens = params.max_tokens or 500 })
local system = { role = "system", content = params.system or "You are friendly and brief." }
local said, turns = {}, 0

local function prompt()
  local messages = table.move(said, 1, #said, 2, { system })
  while #said > 1 and model:count_tokens(messages).tokens > (params.tokens or 3000) do
    table.remove(said, 1)
    if said[1].role == "assistant" then table.remove(said, 1) end
    messages = table.move(said, 1, #said, 2, { system })
  end
  return messages
end

for line in stdin.lines() do
  if line:find("%S") then
    said[#said + 1] = { role = "user", content = line }
    local answer = ""
    for chunk in model:stream(prompt()) do
      write(chunk.text)
      answer = answer .. chunk.text
    end
    print()
    said[#said + 1] = { role = "assistant", content = answer }
    turns = turns + 1
  end
end
log.debug("said", turns, "times")
