local order = {}
local function total()
  return order.items.price -- HERE
end
return total()
