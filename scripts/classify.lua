-- Says which of some labels fits: for a text, or for each line of it.
--   llmspell run classify spam,letter mail.txt
--   llmspell run classify praise,complaint -p lines:=true < comments.txt
-- Parameters: text (instead of files), labels (a list, or an object that says what each means), lines (false).
-- @args files
local text = require("llmspell:text")
local labels = params.labels
if not labels then
  labels = {}
  for label in ((params.args or {})[1] or ""):gmatch("[^,]+") do labels[#labels + 1] = label:match("^%s*(.-)%s*$") end
end
if next(labels) == nil then
  error { kind = "value", message = "there are no labels", hint = "llmspell run classify spam,letter mail.txt" }
end

local model = llm()

-- A small model that cannot give JSON can still say a word.
local function plainly(whole, err)
  if err.kind ~= "model" then error(err) end
  local names = {}
  for key, value in pairs(labels) do names[#names + 1] = type(key) == "number" and value or key end
  table.sort(names)
  local wish = "\n\nWhich of these fits the text above best: " .. table.concat(names, ", ") .. "? Answer with one of them."
  local answer = model:complete(whole .. wish, { temperature = 0, max_tokens = 20 }).text:lower()
  local best, place
  for _, name in ipairs(names) do
    local found = answer:find(name:lower(), 1, true)
    if found and (not place or found < place) then best, place = name, found end
  end
  return best or error(err)
end

local function classify(part)
  local ok, label = pcall(model.classify, model, part, labels)
  return ok and label or plainly(part, label)
end

local whole = text.input(params.labels and 1 or 2)
if not whole:find("%S") then
  error { kind = "value", message = "there is nothing to classify", hint = "name a file behind the labels, or pipe in a text" }
end
if not params.lines then return classify(whole) end

local lines = {}
for line in whole:gmatch("[^\n]+") do
  if line:find("%S") then lines[#lines + 1] = line end
end
return map(lines, function(line) return { text = line, label = classify(line) } end, { concurrency = 4 })
