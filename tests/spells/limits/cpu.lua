print("started")
pcall(function()
  while true do
  end
end)
print("never")
