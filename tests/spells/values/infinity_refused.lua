return { a = { b = math.huge } }
