local model = llm()
local count = model:count_tokens("one two three four")
return {
  text = count.tokens,
  messages = model:count_tokens({ { role = "user", content = "a b" }, { role = "assistant", content = "c" } }).tokens,
  method = count.method,
}
