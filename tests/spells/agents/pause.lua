local sent = {}
local mail = tool {
  name = "send", parameters = { to = "string" }, approval = "ask",
  run = function(args)
    sent[#sent + 1] = args.to
    return "sent"
  end,
}
local first = agent { tools = { mail } }
local paused = first:run("Send it to Ada.")
local done = first:resume({ [paused.questions[1].id] = true })
local other = agent { tools = { mail } }
local refused = other:resume({ a = "not today" }, paused.state)
local asked = agent { tools = { mail }, approve = function(question) return question.arguments.to == "Grace" end }
local agreed = asked:run("Send it to Grace.")
local judged = agent { tools = { { name = "send", parameters = { to = "string" }, run = mail and function() return "sent" end,
  approval = function(args) return args.to == "Eve" and "deny" or "allow" end } } }
local denied = judged:run("Send it to Eve.")
local ok, err = pcall(other.resume, other, { a = true })
return {
  paused = { paused.reason, paused.questions[1].name, paused.questions[1].arguments.to },
  done = done.text, history = #first:history(), refused = refused.messages[3].content, agreed = agreed.text, sent = sent,
  denied = denied.messages[3].content, err = err.kind,
}
