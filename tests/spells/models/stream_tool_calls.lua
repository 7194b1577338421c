local last
for chunk in llm():stream("Look") do
  write(chunk.text)
  last = chunk
end
local call = last.tool_calls[1]
return { name = call.name, arguments = call.arguments, finish = last.finish_reason }
