local tried = 0
local _, err = pcall(timeout, 0.05, function()
  retry(function()
    tried = tried + 1
    error("no")
  end, { attempts = 1000, delay = 0.01, factor = 1 })
end)
return { kind = err.kind, tried = tried > 1 and tried < 10 }
