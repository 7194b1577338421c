-- Looks for a word in notes with the built-in tools, and lets a model sum up what was found.
-- @allow read notes/ "to search the notes"

local word = params.word or "the"
local found = tools.search_files { pattern = word, files = "notes", ignore_case = true }
local lines = {}
for at, match in ipairs(found.matches) do
  lines[at] = match.text
end

local per_file = tools.calculator { expression = #lines .. " / " .. math.max(found.files_searched, 1) }
local text = table.concat(lines, "\n")
local again = tools.text_search { text = text, pattern = word, ignore_case = true }
local summary = llm():complete("Sum up in one sentence: " .. text, { max_tokens = 60 }).text

return { lines = #lines, per_file = per_file, words = again.count, summary = summary }
