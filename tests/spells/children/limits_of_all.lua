local ok = pcall(spell.run, "child", { calls = 50 })
print("after", ok)
