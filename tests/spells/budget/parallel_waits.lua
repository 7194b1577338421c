local function ask()
  return llm():complete("hello", { max_tokens = 50 }).text
end
return #{ parallel(ask, ask, ask, ask, ask, ask) }
