local smart = llm { fallback = { "scripted/first", "scripted/second" } }
local reply = smart:complete("Hi")
return { text = reply.text, model = reply.model }
