local function why(work)
  local ok, err = pcall(work)
  return ok and "allowed" or err.kind .. ": " .. err.message
end
return {
  command = why(function() mcp({ command = "some-server" }):tools() end),
  url = why(function() mcp({ url = "http://127.0.0.1:9/mcp" }):tools() end),
  private = why(function() mcp({ url = "https://example.com/mcp" }):tools() end),
  env = why(function() mcp({ command = "true", env = { SECRET = "1" } }):tools() end),
  names = #mcp("notes"):tools(),
  search = mcp("notes"):call("search", { query = "tea" }).text,
  count = why(function() mcp("notes"):call("count") end),
  direct = why(function() tools.notes_count {} end),
  read = why(function() mcp("notes"):read("note://today") end),
  prompts = why(function() mcp("notes"):prompts() end),
}
