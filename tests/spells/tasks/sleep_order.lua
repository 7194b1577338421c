local order = {}
local function after(seconds, letter)
  return function()
    sleep(seconds)
    order[#order + 1] = letter
  end
end
parallel(after(0.02, "a"), after(0.05, "b"), after(0, "c"))
return order
