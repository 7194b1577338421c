local _, err = pcall(function()
  for chunk in llm():stream("Go on") do
    write(chunk.text)
    if chunk.text == " b" then
      error("enough", 0)
    end
  end
end)
return { message = err, next = llm():complete("And?").text }
