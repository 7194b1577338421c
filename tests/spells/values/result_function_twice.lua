return function()
  return function() return 5 end
end
