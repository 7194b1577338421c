local smart = llm { fallback = { "scripted/first", "scripted/second" }, on = { "context_length" } }
return smart:complete("Hi").text
