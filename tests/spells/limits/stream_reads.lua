local seen = 0
for chunk in llm():stream("Count") do
  seen = seen + #chunk.text
end
for _ = 1, 3 do
  sleep(0)
end
return seen
