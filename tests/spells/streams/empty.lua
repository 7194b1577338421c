local texts, finish = {}, nil
for chunk in llm():stream("Say nothing") do
  texts[#texts + 1], finish = chunk.text, chunk.finish_reason
end
return { texts = texts, finish = finish }
