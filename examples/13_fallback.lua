-- Models in an order of preference, and what to do with the same question twice: the answer is remembered for a minute.
--   llmspell run examples/13_fallback.lua -p 'models:=["openai/gpt-4.1-mini", "local/smollm2-135m"]'
local model = llm({
  fallback = params.models or { "local/smollm2-135m" },
  try_timeout = 60,
  on = { "auth" }, -- no key is a reason to ask the next one, too
}, { max_tokens = 20, temperature = 0, cache = 60 })

local ok, reply = pcall(model.complete, model, "Name a colour.")
if not ok then
  for _, try in ipairs(reply.data and reply.data.tried or array {}) do
    log.warn(try.model, "failed:", try.message)
  end
  error(reply)
end

local again = model:complete("Name a colour.")
return { text = reply.text, model = reply.model, remembered = again.cached == true and again.text == reply.text }
