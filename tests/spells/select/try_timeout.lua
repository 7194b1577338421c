local smart = llm { fallback = { "scripted/slow", "scripted/quick" }, try_timeout = 0.05 }
return smart:complete("Hi").model
