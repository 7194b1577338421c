local options = { command = params.python, args = { params.notes } }
local own = mcp(options)
local all = own:as_tools()
local names = map(all, function(each) return each.name end)
all[1].name = "find"
local helper = agent { tools = { all[1], own:as_tools({ "draw" })[1] } }
local reply = helper:run("What about tea?")
local theirs = agent { tools = mcp("notes"):as_tools { "count" }, output = { notes = "integer" }, output_mode = "prompted" }
local counted = theirs:run("How many?")
local function why(work, ...)
  local ok, err = pcall(work, ...)
  return ok and "nothing" or err.kind .. ": " .. err.message
end
return {
  names = names, told = reply.messages[3].content, calls = reply.tool_calls, counted = counted.data.notes,
  hidden = #mcp("notes"):as_tools(),
  unknown = why(function() own:as_tools { "serch" } end),
  denied = why(function() agent { tools = mcp("notes"):as_tools { "search" } }:run("x") end),
  made_up = why(function() agent { tools = { { name = "a", mcp = { server = 7, tool = "search" } } } }:run("x") end),
  not_run = why(function() agent { tools = { { name = "a", mcp = { server = { command = "rm" }, tool = "x" } } } }:run("x") end),
}
