local routed = llm {
  route = {
    { model = "scripted/hands", tools = true },
    { model = "scripted/small", tokens = 5 },
    { model = "scripted/large" },
  },
}
local long = string.rep("word ", 20)
return {
  routed:complete("Hi").model,
  routed:complete(long).model,
  routed:complete(long, { tools = { { name = "weather" } } }).model,
}
