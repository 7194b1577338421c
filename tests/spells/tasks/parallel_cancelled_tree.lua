local function never()
  local ok = pcall(sleep, 60)
  print("a cancelled task went on", ok)
end
local _, err = pcall(parallel, function()
  parallel(never, function() map({ 1, 2 }, never) end)
  print("so did its parent")
end, function()
  sleep(0.005)
  error("stop", 0)
end)
sleep(0.005)
return err.message or err
