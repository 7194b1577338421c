-- Asks a model about notes that an MCP server keeps:
--   llmspell run examples/23_mcp/main.lua --mcp-config examples/23_mcp/servers.json
-- The server needs the extra: pip install 'llmspell[mcp]'
-- @param question? string what to ask
local notes = mcp("notes")

for _, resource in ipairs(notes:resources()) do
  log.info(resource.uri .. " " .. resource.name)
end

-- Tools of a configured server are tools like all others.
local found = tools.notes_search { word = "harbour" }

-- A prompt of a server is a list of messages.
local messages = notes:prompt("ask", { question = params.question or "When does it open?", notes = found })
print(llm():complete(messages, { max_tokens = 60 }).text)

return { found = found, count = notes:call("count").data.result }
