tools.gauge { reset = true }
local function open()
  return tools.gauge { seconds = 0.05 }
end
local _, _, most = parallel(open, open, open)
return most
