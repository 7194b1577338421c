local messages = { { role = "user", content = "1 + 2?" } }
for chunk in llm():stream(messages) do
  messages[2] = chunk.message
end
messages[3] = { role = "tool", tool_call_id = "c1", content = "3" }
messages[4] = { role = "tool", tool_call_id = "c2", content = "no", is_error = true }
return llm():complete(messages).text
