print("before")
write("child prints: ")
spell.run("child", { print = 3 })
print()
return {
  own = spell.run("child", { value = { 1, "zwei", { drei = 3.5 } } }),
  other = { spell.run("./child.js", { value = 1 }).name, spell.run("child.lua", { value = 1 }).given },
  nothing = spell.run("child"),
}
