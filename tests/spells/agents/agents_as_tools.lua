local writer = agent { name = "writer", description = "Writes lines.", instructions = "Write.", output = { line = "string" } }
local boss = agent { tools = { writer, writer:as_tool { name = "poet" } } }
local reply = boss:run("A line, please.")
local limited = agent { tools = { agent { name = "idler", tools = { "echo" }, limits = { max_turns = 1 } } } }
local failed = limited:run("Try.")
local brief = agent { tools = { writer:as_tool { name = "brief", max_result = 5, retries = 1, timeout = 60 } } }
local cut = brief:run("Briefly.").messages[3].content
local ok, err = pcall(function() return agent { tools = { "ecco" } }:run("x") end)
local _, shape = pcall(function() return agent { limits = { max_turns = 0 } }:run("x") end)
local _, name = pcall(function() return tool { name = "no way", run = print }:call() end)
return {
  text = reply.text, told = { reply.messages[3].content, reply.messages[5].content }, writers = #writer:history(),
  failed = failed.messages[3].content, used = spell.usage().calls, mine = reply.usage.output_tokens,
  cut = cut:sub(1, 5), err = { err.kind, err.hint }, shape = { shape.message, shape.hint }, name = name.message,
}
