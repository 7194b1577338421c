local function with_door(body)
  write("open ")
  local ok, err = pcall(body)
  write("close ")
  if not ok then
    error(err, 0)
  end
end

with_door(function()
  tools.fail { message = "on fire" } -- HERE
end)
