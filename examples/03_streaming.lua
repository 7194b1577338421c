-- A stream can be left at any time: the connection is closed, and the rest is never generated or paid for.
--   llmspell run examples/03_streaming.lua
local function first_sentence(prompt)
  local text = ""
  for chunk in llm():stream(prompt, { max_tokens = 100 }) do
    write(chunk.text)
    text = text .. chunk.text
    local sentence = text:match("^(.-[.!?])%s")
    if sentence then
      return sentence
    end
  end
  return text
end

local sentence = first_sentence("Tell me about the sea.")
print()
return { sentence = sentence, length = utf8.len(sentence) }
