tools.attempt {
  run = function()
    return llm():complete("hello", { max_tokens = 50 }).text
  end,
}
print("never")
