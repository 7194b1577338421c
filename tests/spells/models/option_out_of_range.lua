local found = {}
for i, options in ipairs { { seed = 1.5 }, { temperature = -1 } } do
  local _, err = pcall(function()
    llm():complete("Hi", options)
  end)
  found[i] = { err.kind, err.message }
end
return found
