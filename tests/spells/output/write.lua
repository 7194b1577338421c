write("no line end")
write("é🎉", "\n")
write("after " .. 1)
write({ a = 1 })
