local text = ""
for chunk in llm():stream("こんにちは\0!") do
  write(chunk.text)
  text = text .. chunk.text
end
return text
