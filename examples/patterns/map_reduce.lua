-- Map-reduce: the same question to every part of what is too long for one prompt, and one answer from the answers.
--   llmspell run examples/patterns/map_reduce.lua < book.txt
local chunks = require("llmspell:text").chunks
local text = params.text or stdin.read()
local question = params.question or "Who is there, and what do they do?"
local model = llm(nil, { temperature = 0, max_tokens = 80 })

local notes = map(chunks(text, params.size or 4000), function(part)
  return model:complete(part .. "\n\n" .. question .. " Answer in one sentence.").text
end, { concurrency = 4 })

local all = table.concat(notes, "\n")
return { parts = #notes, answer = model:complete("Notes:\n" .. all .. "\n\n" .. question).text }
