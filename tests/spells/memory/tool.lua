local notes = memory("tool", { meaning = false })
notes:delete()
notes:add("The harbour opens at six.", { source = "hours" })
notes:add("Tea is served in the harbour.", { source = "tea" })
local helper = agent {
  tools = { notes:as_tool { name = "find", description = "Search the notes.", limit = 1, mode = "words" }, notes:as_tool() },
}
local reply = helper:run("When does it open?")
local asking = agent { tools = { notes:as_tool { name = "find", approval = "ask" } } }:run("When?")
local function attempt(given)
  local ok, err = pcall(function() return agent { tools = { given() } }:run("x") end)
  return ok and "no error" or { err.kind, err.message }
end
return {
  text = reply.text, told = { reply.messages[3].content, reply.messages[4].content },
  asked = { asking.reason, asking.questions[1].arguments.query },
  wrong = {
    attempt(function() return memory(""):as_tool() end),
    attempt(function() return notes:as_tool { limit = 0 } end),
    attempt(function() return notes:as_tool { name = "no way" } end),
    attempt(function() return { memory = { name = "tool", search = { limit = "all" } } } end),
    attempt(function() return memory("tool", { meaning = false }):as_tool { mode = "meaning" } end),
  },
}
