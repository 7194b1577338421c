local kinds = {}
for i, wrong in ipairs {
  function() parallel(1) end,
  function() timeout("soon", print) end,
  function() retry("not a function") end,
  function() map({ 1 }, "not a function") end,
} do
  local _, err = pcall(wrong)
  kinds[i] = err.kind
end
return kinds
