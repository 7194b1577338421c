local first = race(function()
  sleep(60)
  print("never")
end, function()
  return tools.later { seconds = 0, value = "quick" }
end)
return { first = first, at_once = race(function() return 1 end, function() return 2 end) }
