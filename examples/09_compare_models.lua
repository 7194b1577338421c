-- The same question to several models at once. One that fails is part of the table, not the end of the spell.
--   llmspell run examples/09_compare_models.lua -p 'models:=["openai/gpt-4.1-mini", "local/smollm2-135m"]'
local names = params.models or { "local/smollm2-135m" }
local question = params.question or "What is the capital of France?"

local function ask(name)
  local started = now()
  local ok, reply = pcall(function()
    return llm(name):complete(question, { max_tokens = 30, temperature = 0 })
  end)
  if not ok then
    return { model = name, problem = reply.kind .. ": " .. reply.message }
  end
  return { model = name, text = reply.text, cost = reply.cost, seconds = now() - started }
end

return map(names, ask)
