local model = llm("scripted/test", { cache = true })
local prompt = "Hi " .. uuid()
local first, second = model:complete(prompt), model:complete(prompt)
local text, last = "", nil
for chunk in model:stream(prompt) do
  text, last = text .. chunk.text, chunk
end
return {
  same = first.text == second.text and text == first.text,
  cached = { first.cached == true, second.cached, last.cached },
  cost = { second.cost, last.cost },
  tokens = second.usage.output_tokens == first.usage.output_tokens,
  fresh = model:complete(prompt, { cache = false }).text,
  calls = spell.usage().calls,
}
