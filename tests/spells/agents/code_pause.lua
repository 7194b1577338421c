local done = {}
local look = tool {
  name = "look",
  parameters = { at = "string" },
  run = function(args)
    done[#done + 1] = args.at
    return "saw " .. args.at
  end,
}
local open = tool {
  name = "open",
  parameters = { what = "string" },
  approval = "ask",
  run = function(args)
    done[#done + 1] = "open " .. args.what
    return "opened " .. args.what
  end,
}
local helper = agent { tools = { look, open }, code = "js" }
local paused = helper:run("Open the door.")
local question = paused.questions[1]
local seen = { done[1], done[2] }
local reply = helper:resume { [question.id] = true }
local told
for _, message in ipairs(reply.messages) do
  if message.role == "tool" then told = message.content end
end
return {
  paused = { paused.reason, question.name, question.arguments.what, seen },
  text = reply.text,
  told = told,
  done = done,
}
