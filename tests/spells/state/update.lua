state.delete("n")
local numbers = map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function()
  return state.update("n", function(old)
    sleep(0.001)
    return (old or 0) + 1
  end)
end)
table.sort(numbers)
local list = state.update("list", function() return { "a" } end)
local none = state.update("list", function() return nil end)
local ok, err = pcall(state.update, "n", function() error("no change") end)
return { numbers, state.get("n"), list, none == nil and #state.keys("list"), err.kind, err.message }
