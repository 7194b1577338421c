local team = { shared = "team" }
state.set("a", "mine")
state.set("a", "ours", team)
local child = spell.run("shared_child")
state.delete("a", team)
return { state.get("a"), child, state.get("a", "gone", team) }
