local asked = {}
local weather = tool {
  name = "weather",
  description = "Weather of a city.",
  parameters = { city = "string" },
  run = function(args)
    asked[#asked + 1] = args.city
    return { celsius = args.city == "Paris" and 21 or 19 }
  end,
}

local function told(reply)
  local texts = {}
  for _, message in ipairs(reply.messages) do
    if message.role == "tool" then
      texts[#texts + 1] = message.is_error and message.content:match("at line %d+: [^\n(]+") or message.content
    end
  end
  return texts
end

local js = agent { tools = { weather }, code = "js" }:run("Where is it warm?")
local lua = agent { tools = { weather }, code = { language = "lua", declare = 0 } }:run("Where is it warm?")
local bounded = agent { tools = { weather }, code = { language = "lua", cpu = 0.5 } }:run("Do harm.")
local harm = {}
for _, message in ipairs(bounded.messages) do
  if message.role == "tool" then
    harm[#harm + 1] = message.content:match("^CPU[^.]*%.%d[^.]*") or message.content:match("^[^\n(]+")
  end
end
local ok, wrong = pcall(function()
  return agent { tools = { weather }, code = "python" }:run("?")
end)
return {
  js = { js.text, js.turns, told(js) },
  lua = { lua.text, lua.turns, told(lua) },
  bounded = { bounded.text, harm },
  asked = asked,
  counted = { js.tool_calls, lua.tool_calls },
  wrong = wrong.message,
}
