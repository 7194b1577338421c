local _, err = pcall(function()
  for chunk in llm():stream("Go on") do
    write(chunk.text)
  end
end)
return { kind = err.kind, message = err.message, retryable = err.retryable }
