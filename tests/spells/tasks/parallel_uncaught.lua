parallel(function()
  sleep(0.001)
  error("in a task") -- HERE
end, function()
  sleep(60)
end)
