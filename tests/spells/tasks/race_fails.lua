return race(function()
  sleep(60)
end, function()
  return tools.fail { message = "quicker" }
end)
