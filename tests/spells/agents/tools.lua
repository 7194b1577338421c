local seen = {}
local weather = tool {
  name = "weather", description = "Weather of a city", parameters = { city = "string" }, max_result = 100,
  run = function(args)
    seen[#seen + 1] = args.city
    return { celsius = 21 }
  end,
}
local helper = agent {
  instructions = "Be brief.",
  tools = { weather, "add", { name = "broken", run = function() error("no luck") end } },
  limits = { max_turns = 5 },
}
local reply = helper:run("Is it warm in Paris?")
local results = {}
for _, message in ipairs(reply.messages) do
  if message.role == "tool" then results[#results + 1] = { message.content, message.is_error } end
end
local again = helper:run("Sure?")
local history = helper:history()
local saved = helper:save()
helper:reset()
local empty = #helper:history()
helper:load(saved)
return {
  text = reply.text, reason = reply.reason, turns = reply.turns, calls = reply.tool_calls, seen = seen,
  results = results, again = again.text, history = #history, empty = empty, loaded = #helper:history(),
  direct = weather:call { city = "Rome" }, used = spell.usage().calls,
}
