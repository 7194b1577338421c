print("started")
while true do
  pcall(sleep, 60)
  print("never")
end
