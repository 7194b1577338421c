error { kind = "value", message = "bad order", data = { order = 12, rows = array {} } } -- HERE
