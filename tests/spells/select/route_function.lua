local seen = array {}
local routed = llm {
  route = function(request)
    seen[#seen + 1] = request
    return #request.tools > 0 and "scripted/hands" or "scripted/plain"
  end,
}
local first = routed:complete("Hi")
local second = routed:complete("What is the weather?", { tools = { { name = "weather" } } })
return { models = { first.model, second.model }, seen = seen, tokens = routed:count_tokens("Hi").tokens }
