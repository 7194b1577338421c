local _, err = pcall(timeout, 0.01, function()
  sleep(60)
  print("never")
end)
print("after")
return { kind = err.kind, retryable = true }
