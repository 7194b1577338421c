local messages = { { role = "user", content = "1 + 2?" } }
local reply = llm():complete(messages)
messages[2] = reply.message
messages[3] = { role = "tool", tool_call_id = "c1", content = "3" }
messages[4] = { role = "tool", tool_call_id = "c2", content = "no", is_error = true }
return llm():complete(messages).text
