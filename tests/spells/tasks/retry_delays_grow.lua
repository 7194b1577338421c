local times = {}
pcall(retry, function()
  times[#times + 1] = now()
  error("again")
end, { attempts = 4, delay = 0.02, factor = 2 })
return times[2] - times[1] >= 0.015 and times[3] - times[2] >= 0.035 and times[4] - times[3] >= 0.075
