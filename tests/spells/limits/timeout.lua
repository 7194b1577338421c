print("started")
while true do
  pcall(sleep, 60) -- HERE
  print("never")
end
