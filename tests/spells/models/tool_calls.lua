local offered = {
  { name = "add", description = "Add", parameters = { type = "object", properties = { first_number = {} } } },
}
local messages = { { role = "user", content = "40 + 2?" } }
local reply = llm():complete(messages, { tools = offered })
local call = reply.tool_calls[1]
messages[#messages + 1] = { role = "assistant", tool_calls = reply.tool_calls }
messages[#messages + 1] = { role = "tool", tool_call_id = call.id, content = json.encode(tools[call.name](call.arguments)) }
return { text = llm():complete(messages).text, finish = reply.finish_reason, name = call.name }
