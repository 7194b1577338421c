for chunk in llm():stream("hello", { max_tokens = 30 }) do
  write(chunk.text)
  break
end
pcall(function()
  for chunk in llm():stream("hello", { max_tokens = 60 }) do
    write(chunk.text)
  end
end)
print("never")
