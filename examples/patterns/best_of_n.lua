-- Best of N: several answers to one question at the same time; each is judged alone, and the best is kept.
--   llmspell run examples/patterns/best_of_n.lua -p n:=5
local task = params.task or "Write one line of a poem about rain."
local writer = llm(nil, { temperature = 1, max_tokens = 40 })
local judge = llm(nil, { temperature = 0, max_tokens = 10 })

local tries = {}
for i = 1, params.n or 3 do tries[i] = i end
local answers = map(tries, function()
  local text = writer:complete(task).text
  local wish = "Task: " .. task .. "\nAnswer: " .. text .. "\nGive it a mark from 1 to 10, as a number."
  local mark = judge:complete(wish).text:match("%d+")
  return { text = text, mark = math.min(tonumber(mark) or 0, 10) }
end)

table.sort(answers, function(a, b) return a.mark > b.mark end)
return answers[1]
