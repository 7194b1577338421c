local seen = {}
local _, err = pcall(map, { 1, 2, 3, 4, 5 }, function(n)
  seen[#seen + 1] = n
  sleep(0.001)
  if n == 3 then
    error("bad 3", 0)
  end
end, { concurrency = 1 })
sleep(0.005)
return { message = err, seen = seen }
