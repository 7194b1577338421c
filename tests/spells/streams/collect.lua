local chunks, joined = llm():stream("Count"):collect(), ""
for _, chunk in ipairs(chunks) do
  joined = joined .. chunk.text
end
return { joined = joined, count = #chunks, lines = stdin.lines():collect() }
