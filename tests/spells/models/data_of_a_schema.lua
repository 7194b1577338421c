local schema = { type = "object", properties = { city = { type = "string" } } }
local reply = llm():complete("Where?", { schema = schema })
local data
for chunk in llm():stream("Where?", { schema = schema }) do
  data = chunk.data
end
local called = llm():complete("Where?", { schema = schema })
return { reply.data, data, called.data == nil, llm():complete("Where?").data == nil }
