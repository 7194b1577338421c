local text = llm():complete("hello", { max_tokens = 10 }).text
local told, limits = spell.budget(), spell.limits()
return {
  text = text,
  spent = told.tokens,
  left = told.tokens_left,
  tokens = told.max_tokens,
  cost = math.abs(told.cost - 0.003) < 1e-9,
  cost_left = math.abs(told.cost_left - 0.497) < 1e-9,
  calls = told.calls + told.calls_left,
  limits = { limits.max_cost, limits.max_tokens },
}
