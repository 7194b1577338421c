local found = {}
for i, prompt in ipairs { "", { { role = "user" } }, { { role = "tool", content = "4" } } } do
  local _, err = pcall(function()
    llm():complete(prompt)
  end)
  found[i] = { err.kind, err.message }
end
return found
