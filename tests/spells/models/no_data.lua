local found = {}
for i = 1, 3 do
  local _, err = pcall(function()
    llm():complete("Where?", { schema = { type = "object" } })
  end)
  found[i] = { err.kind, err.message, err.data.text }
end
return found
