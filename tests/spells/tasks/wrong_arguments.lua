local kinds = {}
for i, wrong in ipairs {
  function() parallel(1) end,
  function() timeout("soon", print) end,
  function() retry("not a function") end,
  function() map({ 1 }, "not a function") end,
  function() retry(print, { attempt = 2 }) end,
  function() map({ 1 }, print, { concurrent = 2 }) end,
  function() map({ a = 1 }, print) end,
  function() map(stdin.lines(), print) end,
  function() retry(print, { attempts = 1.5 }) end,
  function() retry(print, { delay = -1 }) end,
  function() retry(print, { factor = "2" }) end,
  function() race() end,
} do
  local _, err = pcall(wrong)
  kinds[i] = err.kind
end
return kinds
