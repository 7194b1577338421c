-- Human approval: what an agent may not do by itself makes it pause, until a person has said yes or no.
--   llmspell run examples/patterns/approval.lua -p wish="Tell Ada that the tea is ready."
local sent = array {}
local mailer = agent {
  instructions = "You write short messages and send them.",
  options = { max_tokens = 100 },
  tools = { tool {
    name = "send", description = "Sends a message", parameters = { recipient = "string", text = "string" },
    approval = "ask",
    run = function(message)
      sent[#sent + 1] = message
      return "sent"
    end,
  } },
}

local people = stdin.lines()
local reply = mailer:run(params.wish or "Tell Ada that the tea is ready.")
while reply.reason == "paused" do -- reply.state could be kept, and answered by a later run
  local answers = {}
  for _, question in ipairs(reply.questions) do
    print(question.name .. " " .. json.encode(question.arguments) .. "? [y/N]")
    answers[question.id] = people() == "y" or "the user does not want that"
  end
  reply = mailer:resume(answers)
end
return { sent = sent, answer = reply.text }
