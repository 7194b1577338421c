local smart = llm { fallback = { "scripted/first", "scripted/second" } }
local reply = smart:complete("Hi") -- HERE
return reply.text
