print("started")
while true do
  pcall(print, ("x"):rep(2000))
end
