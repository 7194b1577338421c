-- Orchestrator and workers: a model says what there is to do, workers do it at the same time, and it is put together.
--   llmspell run examples/patterns/orchestrator_workers.lua -p goal="a walk through Lisbon"
local goal = params.goal or "a walk through Lisbon"
local model = llm(nil, { max_tokens = 80 })

local plan = model:complete("Name the parts of a short guide to " .. goal .. ", one to a line, at most three.").text
local tasks = {}
for line in plan:gmatch("[^\n]+") do
  local task = line:match("^[%s%d%.%-%*]*(.-)%s*$")
  if task ~= "" and #tasks < 3 then tasks[#tasks + 1] = task end -- a plan of a model is bounded
end

local parts = map(tasks, function(task)
  local done, text = pcall(function()
    return model:complete("Write one sentence on " .. task .. ", for a guide to " .. goal .. ".").text
  end)
  return { task = task, text = done and text or "(not done: " .. text.message .. ")" }
end)
return { goal = goal, parts = parts }
