local seen = {}
local note = tool {
  name = "note", parameters = { text = "string" }, retries = 1,
  run = function(args, call)
    seen[#seen + 1] = { args.text, call.id, call.attempt, call.context and call.context.user or "nobody" }
    if call.attempt == 1 then error("again") end
    return "noted"
  end,
}
local ask = tool {
  name = "ask", run = function(_, call) return call.context.user end,
  approval = function(_, call) return call.context.trusted and "allow" or "ask" end,
}
local inner = agent { name = "inner", tools = { note } }
local outer = agent { tools = { inner, ask } }
local first = outer:run("Note.", { context = { user = "ada", trusted = true } })
local direct = pcall(note.call, note, { text = "direct" })
local paused = outer:run("Ask.", { context = { user = "bo" } })
local resumed = outer:resume({ d = true }, paused.state, { context = { user = "cy" } })
local streamed
for event in agent { tools = { ask } }:stream("Ask.", { context = { user = "di", trusted = true } }) do
  if event.type == "tool_result" then streamed = event.text end
end
local _, wrong = pcall(function() return outer:run("x", { context = { f = print } }) end)
local _, typo = pcall(function() return outer:run("x", { contxt = 1 }) end)
return {
  seen = seen, first = first.text, direct = direct, paused = paused.reason, resumed = resumed.messages[3].content,
  streamed = streamed, wrong = wrong.message, typo = typo.hint,
}
