local _, err = pcall(parallel, function()
  write("started ")
  sleep(60)
  print("never")
end, function()
  sleep(0.001)
  tools.fail { message = "first" }
end)
sleep(0.005)
print("after")
return { kind = err.kind, message = err.message }
