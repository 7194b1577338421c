local tools = { { name = "weather", parameters = { city = "string", ["days?"] = "integer" } }, { name = "now", parameters = {} } }
llm():complete("Where?", { schema = { city = "string: its name" }, tools = tools })
llm():complete("Where?", { schema = { properties = { city = { type = "string" } } } })
local ok, err = pcall(function()
  llm():complete("Where?", { schema = { city = "strin" } })
end)
return { ok, err.kind, err.message }
