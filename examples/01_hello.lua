-- The answer of a model, word by word as it comes.
--   llmspell run examples/01_hello.lua --model local/smollm2-135m
local model = llm()

for chunk in model:stream("Say hello to somebody who writes their first program.", { max_tokens = 60 }) do
  write(chunk.text)
end
print()
