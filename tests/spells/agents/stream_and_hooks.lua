local kinds, heard = {}, {}
local helper = agent {
  tools = { { name = "secret", parameters = { n = "integer" }, run = function(args) return "code " .. args.n end } },
  hooks = { tool_call = function(event) return { change = { arguments = { n = tonumber(event.arguments.n) + 1 } } } end },
}
helper:on("tool_result", function(event)
  heard[#heard + 1] = event.text
  return { change = { text = "hidden" } }
end)
helper:on("model_call", function(event)
  if event.turn == 2 then return { change = { temperature = 0.5, max_tokens = 7 } } end
end)
local reply, text = nil, ""
for event in helper:stream("Go") do
  if kinds[#kinds] ~= event.type then kinds[#kinds + 1] = event.type end
  if event.type == "text" then text = text .. event.text end
  reply = event.reply or reply
end
helper:on("text", function() return { stop = "heard enough" } end)
local stopped = helper:run("More")
local ok, err = pcall(helper.on, helper, "tool_cal", print)
local bad = agent { hooks = { turn_end = function() return { retry = true } end } }
local _, wrong = pcall(bad.run, bad, "x")
return {
  kinds = kinds, heard = heard, text = text, said = reply.text, told = reply.messages[3].content,
  stopped = { stopped.reason, stopped.detail }, err = { err.kind, err.hint }, wrong = { wrong.kind, wrong.message },
}
