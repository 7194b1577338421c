local inner
local _, outer = pcall(timeout, 0.05, function()
  local _, err = pcall(timeout, 0.005, function()
    sleep(60)
  end)
  inner = err.kind
  print("inner gave up")
  timeout(60, function()
    sleep(60)
  end)
end)
return { inner = inner, outer = outer.kind }
