local reply = llm():complete("6 * 7?")
local streamed, text = "", ""
for chunk in llm():stream("6 * 7?") do
  streamed, text = streamed .. (chunk.reasoning or ""), text .. chunk.text
end
return { reasoning = reply.reasoning, streamed = streamed, text = text }
