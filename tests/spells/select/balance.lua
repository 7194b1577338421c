local shared = llm { balance = { "scripted/left", "scripted/right" } }
local models = map({ 1, 2, 3, 4 }, function()
  return shared:complete("Hi").model
end, { concurrency = 1 })
return models
