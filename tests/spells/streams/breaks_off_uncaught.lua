for chunk in llm():stream("Go on") do -- HERE
  write(chunk.text)
end
