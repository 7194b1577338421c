local _, text = pcall(error, "milk", 0)
local _, err = pcall(error, { kind = "type", message = "m", hint = "h", retryable = false })
return { text = text, kind = err.kind, message = err.message, hint = err.hint, retryable = err.retryable }
