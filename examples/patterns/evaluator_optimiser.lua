-- Evaluator and optimiser: one call writes, another one judges, until it is good or the rounds are over.
--   llmspell run examples/patterns/evaluator_optimiser.lua -p task="Write a slogan for a tea house."
local task = params.task or "Write a slogan for a tea house."
local writer = llm(nil, { max_tokens = 60 })
local judge = llm(nil, { temperature = 0, max_tokens = 60 })

local text = writer:complete(task).text
local rounds = 1
while rounds < (params.rounds or 3) do
  local verdict = judge:complete("Task: " .. task .. "\nText: " .. text .. "\nIs it good? Say GOOD, or what to do better.").text
  if verdict:find("GOOD", 1, true) then break end
  text = writer:complete(task .. "\nYou wrote: " .. text .. "\nDo it better: " .. verdict).text
  rounds = rounds + 1
end
return { text = text, rounds = rounds }
