local ok, err = pcall(function()
  tools.not_there { name = "key" } -- HERE
end)
if not ok then
  print("closing")
  error(err)
end
