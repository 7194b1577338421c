local team = { shared = "team" }
return { own = state.get("a", "none"), shared = state.get("a", nil, team), keys = state.keys("", team) }
