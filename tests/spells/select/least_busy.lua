local shared = llm { balance = { "scripted/here", "scripted/there" }, by = "least_busy" }
local function ask()
  return shared:complete("Hi").model
end
local first, second = parallel(ask, ask)
return first ~= second
