local _, err = pcall(function()
  tools.not_there { name = "key" }
end)
return { kind = err.kind, message = err.message, hint = err.hint, line = err.line == 2, text = tostring(err) }
