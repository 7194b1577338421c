print("1234567")
pcall(spell.run, "child", { print = 10 })
print("after")
