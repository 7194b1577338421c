return timeout(60, function()
  return tools.fail { message = "early" }
end)
