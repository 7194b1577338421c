-- Sums up files, folders or the standard input, however long they are.
--   llmspell run summarize notes.md
--   llmspell run summarize -p sentences:=1 < story.txt
-- Parameters: text (instead of files), sentences (3), language, size of a part in bytes (6000).
-- @args files
local text = require("llmspell:text")
local sentences, size = params.sentences or 3, params.size or 6000
local model = llm(nil, { temperature = 0, max_tokens = 60 * sentences })

local function sum_up(part)
  local wish = "Sum up the following text in " .. sentences .. (sentences == 1 and " sentence" or " sentences")
  if params.language then wish = wish .. " in " .. params.language end
  return model:complete(wish .. ". Write the summary and nothing else.\n\n" .. part).text:match("^%s*(.-)%s*$")
end

local parts = text.chunks(text.input(), size)
if #parts == 0 then error { kind = "value", message = "there is nothing to sum up", hint = "name a file, or pipe in a text" } end
for _ = 1, 8 do -- summaries of summaries, until one is left
  if #parts == 1 then break end
  local short = table.concat(map(parts, sum_up, { concurrency = 4 }), "\n\n")
  parts = text.chunks(short, math.max(size, #short // (#parts - 1)))
end
return sum_up(table.concat(parts, "\n\n"))
