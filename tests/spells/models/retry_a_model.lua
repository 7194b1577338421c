return retry(function()
  return llm():complete("Hi").text
end, { delay = 0.001 })
