local tools = { { name = "weather", description = "Weather.", run = function() return "warm" end } }
for i = 1, 30 do
  tools[#tools + 1] = { name = "tool" .. i, description = "Does something else.", run = function() end }
end
local reply = agent { tools = tools, declare = 20 }:run("Is it warm?")
return { reply.text, reply.tool_calls }
