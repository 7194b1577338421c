local function ask()
  return pcall(function()
    return llm():complete("hello", { max_tokens = 50 }).text
  end)
end
parallel(ask, ask, ask)
print("never")
