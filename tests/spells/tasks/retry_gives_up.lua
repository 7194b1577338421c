local count = 0
local _, err = pcall(retry, function(attempt)
  count = count + 1
  error { kind = "provider", message = "attempt " .. attempt }
end, { attempts = 4, delay = 0.001, factor = 3 })
return { message = err.message, count = count }
