-- Answers a question from files and folders, and says where the answer stands.
--   llmspell run ask "When does the harbour open?" notes/
--   llmspell run ask "Who wrote this?" < letter.txt
-- Parameters: question (instead of the first argument), text (instead of files), parts that the model is shown (4).
-- @args files
local text = require("llmspell:text")
local args = params.args or {}
local question = params.question or args[1]
if not question then error { kind = "value", message = "there is no question", hint = 'llmspell run ask "When?" notes.md' } end

local paths = table.move(args, params.question and 1 or 2, #args, 1, {})
local given = not params.text and #paths > 0
local files = given and text.files(paths) or { { path = "the text", text = params.text or stdin.read() } }

-- What has most of the question's words, rare ones before common ones, is shown to the model.
local parts, words, common = {}, {}, {}
for word in question:lower():gmatch("[%w\x80-\xff]+") do words[word] = true end
for _, file in ipairs(files) do
  for _, chunk in ipairs(text.chunks(file.text, 1200)) do
    local has = {}
    for word in chunk:lower():gmatch("[%w\x80-\xff]+") do has[word] = words[word] end
    for word in pairs(has) do common[word] = (common[word] or 0) + 1 end
    parts[#parts + 1] = { path = file.path, text = chunk, has = has, place = #parts }
  end
end
if #parts == 0 then error { kind = "value", message = "there is nothing to read", hint = "name files, or pipe in a text" } end
for _, part in ipairs(parts) do
  part.score = 0
  for word in pairs(part.has) do part.score = part.score + 1 / common[word] end
end
table.sort(parts, function(a, b)
  if a.score ~= b.score then return a.score > b.score end
  return a.place < b.place
end)

local shown, sources, seen = {}, array {}, {}
for i = 1, math.min(params.parts or 4, #parts) do
  local part = parts[i]
  shown[i] = "From " .. part.path .. ":\n" .. part.text
  if not seen[part.path] then sources[#sources + 1] = part.path end
  seen[part.path] = true
end
local reply = llm(nil, { temperature = 0, max_tokens = 300 }):complete {
  { role = "system", content = "Answer from the given texts alone, briefly. If they do not tell, say so." },
  { role = "user", content = table.concat(shown, "\n\n") .. "\n\nQuestion: " .. question },
}
return { answer = reply.text:match("^%s*(.-)%s*$"), sources = sources }
