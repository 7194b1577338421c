-- Sums up the notes in a folder and keeps the summary; what it needs for that stands here, and is asked for:
--
-- @allow read notes/ "to read what is to be summed up"
-- @allow write summary.md "to keep the summary"

local lines = map(fs.glob("notes/*.txt"), function(path)
  local reply = llm():complete("Sum up in one sentence: " .. fs.read(path), { max_tokens = 60 })
  return "- " .. path .. ": " .. reply.text .. "\n"
end)
fs.write("summary.md", table.concat(lines))
return #lines
