print("loading counter")
local count = 0
return {
  add = function() count = count + 1 end,
  count = function() return count end,
}
