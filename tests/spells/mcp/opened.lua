local options = { command = params.python, args = { params.notes }, env = { FLAVOUR = "mint" }, timeout = 20 }
local notes = mcp(options)
local variables = notes:call("variables").text
local first = notes:call("search", { query = "a" }).text
notes:close()
return {
  first = first,
  again = mcp(options):call("search", { query = "b" }).text,
  mint = variables:find("FLAVOUR", 1, true) ~= nil,
  secret = variables:find("SECRET", 1, true) ~= nil,
  read = notes:read("note://x")[1].text,
}
