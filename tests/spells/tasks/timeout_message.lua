timeout(0.01, function() -- HERE
  sleep(60)
end)
