llm():complete("hello")
local told = spell.budget()
return { spent = told.tokens, left = told.tokens_left == nil, cost = told.cost == nil and told.cost_left == nil }
