-- A module may return anything; this one is a function.
local model = llm(nil, { temperature = 0, max_tokens = 30 })

return function(prompt)
  return model:complete(prompt).text
end
