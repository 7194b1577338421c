-- Counts the words of the notes in a folder, sorts the counts with a program, and writes a report with a title.
--
-- @allow read notes/ "to count the words"
-- @allow read report/ "to show the report"
-- @allow write report/ "to keep the report"
-- @allow run sort "to sort the counts"

local counts = map(fs.glob("notes/**/*.txt"), function(path)
  local words = 0
  for line in fs.lines(path) do
    for _ in line:gmatch("%S+") do words = words + 1 end
  end
  return words .. "\t" .. path
end)

local sorted = run("sort", { "-rn" }, { input = table.concat(counts, "\n"), timeout = 10 })
if sorted.code ~= 0 then
  error("sort failed: " .. sorted.stderr)
end
local title = llm():complete("Give a short title to this table: " .. sorted.stdout, { max_tokens = 20 }).text
fs.write("report/words.tsv", "# " .. title:gsub("%s+", " ") .. "\n", { create_parents = true })
fs.write("report/words.tsv", sorted.stdout, { append = true })

local report = fs.blob("report/words.tsv")
print(#counts .. " notes, SHA-256 of the report: " .. blob.hash(report):sub(1, 12))
return report
