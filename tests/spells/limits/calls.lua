for i = 1, 10 do
  pcall(function()
    tools.counter() -- HERE
  end)
  write(i)
end
