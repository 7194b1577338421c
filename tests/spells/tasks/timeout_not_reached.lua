local value = timeout(60, function()
  return tools.later { seconds = 0, value = "in time" }
end)
return { value, timeout(60, function() return 2 end) }
