-- One summary for each line of the standard input, four at a time.
--   llmspell run examples/07_map_summaries.lua < notes.txt
local notes = stdin.lines():collect()

local summaries = map(notes, function(note, number)
  local reply = llm():complete("Summarize in five words: " .. note, { max_tokens = 20, temperature = 0 })
  log.info("note", number, "took", reply.usage.output_tokens or "?", "tokens")
  return reply.text
end, { concurrency = 4 })

for i, summary in ipairs(summaries) do
  print(i .. ". " .. summary)
end
return #summaries
