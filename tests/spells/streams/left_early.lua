for chunk in llm():stream("Go on") do
  write(chunk.text)
  if chunk.text == " b" then
    break
  end
end
return llm():complete("And?").text
