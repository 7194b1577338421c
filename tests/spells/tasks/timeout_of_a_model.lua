local _, err = pcall(timeout, 0.02, function()
  return llm():complete("Hi")
end)
return err.kind
