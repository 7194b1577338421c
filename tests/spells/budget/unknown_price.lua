local ok, failure = pcall(function()
  return llm():complete("hello")
end)
return { kind = failure.kind, message = failure.message }
