local stream = llm():stream("Go")
for chunk in stream do
  write(chunk.text)
  break
end
return "done"
