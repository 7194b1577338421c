local helper = agent { tools = { "notes_search", "notes_draw" } }
local reply = helper:run("What about tea?")
local ok, err = pcall(function()
  agent({ tools = { "notes_serch" } }):run("hello")
end)
return { text = reply.text, calls = reply.tool_calls, error = ok and "none" or err.kind .. ": " .. err.message }
