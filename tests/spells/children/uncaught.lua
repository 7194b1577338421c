return spell.run("child", { fail = true })
