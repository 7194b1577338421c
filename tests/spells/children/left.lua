local ok, err = pcall(timeout, 0.2, function()
  return spell.run("child", { wait = 20 })
end)
local first = race(function()
  return spell.run("child", { wait = 20 }).given
end, function()
  return spell.run("child", { value = "quick" }).given
end)
local many = map({ 1, 2, 3, 4, 5 }, function(n)
  return spell.run("child", { value = n * n }).given
end)
return { ok, err.kind, first, many }
