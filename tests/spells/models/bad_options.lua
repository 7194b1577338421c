local found = {}
for i, options in ipairs {
  { reasoning = "very" },
  { reasoning = 0 },
  { tool_choice = "nwo", tools = { { name = "now" } } },
  { schema = {} },
  { logprobs = 21 },
  { provider_tools = { "search" } },
} do
  local _, err = pcall(function()
    llm():complete("Hi", options)
  end)
  found[i] = { err.kind, err.message, err.hint ~= nil }
end
return found
