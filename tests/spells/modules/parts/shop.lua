local function total(order)
  if not order.price then
    error("the price is missing") -- HERE
  end
  return order.price
end

return { total = total }
