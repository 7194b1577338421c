local function why(work)
  local ok, err = pcall(work)
  return ok and "nothing" or err.kind .. ": " .. err.message
end
local notes = mcp("notes")
return {
  tool = why(function() notes:call("forget-all") end),
  direct = why(function() tools.notes_forget_all {} end),
  died = why(function() notes:call("die") end),
  after = notes:call("search", { query = "more" }).text,
  server = why(function() mcp("note"):tools() end),
  unknown = why(function() notes:call("serch") end),
  wrong = why(function() notes:call("search") end),
  prompt = why(function() mcp({}):tools() end),
  both = why(function() mcp({ command = "a", url = "http://b" }):tools() end),
  mixed = why(function() mcp({ url = "http://b", args = { "c" } }):tools() end),
}
