local _, err = pcall(env.get, "SECRET")
return { name = env.get("GREETING"), list = env.list(), kind = err.kind, message = err.message, gone = env.get("GR_GONE") == nil }
