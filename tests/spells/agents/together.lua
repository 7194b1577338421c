local function both(options)
  local helper = agent(options)
  helper:reset()
  local one, two = parallel(function() return helper:run("one").text end, function() return helper:run("two").text end)
  helper:run("three")
  return { one, two, map(helper:history(), function(message) return message.content end) }
end
return { both {}, both { thread = "together" } }
