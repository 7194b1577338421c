error { kind = "not_found", message = "no milk", hint = "try the shop", retryable = true } -- HERE
