return race(function()
  for chunk in llm():stream("Slowly") do
    write(chunk.text)
  end
end, function()
  sleep(0.2)
  return "first"
end)
