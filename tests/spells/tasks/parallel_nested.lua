local function value(n)
  return function()
    return tools.later { seconds = 0.001 * n, value = n }
  end
end
local left, right = parallel(
  function() return { parallel(value(1), value(2)) } end,
  function()
    return { parallel(value(3), function() return { parallel(value(4), value(5)) } end) }
  end
)
return { left = left, right = right }
