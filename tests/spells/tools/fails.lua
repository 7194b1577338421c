local _, err = pcall(function()
  tools.fail { message = "disk full" }
end)
return { kind = err.kind, message = err.message, line = err.line == 2 }
