write(1)
sleep(0.001)
write(2)
parallel(function()
  sleep(0)
  while true do
  end
end)
write(3)
