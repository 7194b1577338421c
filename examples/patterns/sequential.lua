-- Sequential: each step works on what the one before gave, and code between them checks it.
--   llmspell run examples/patterns/sequential.lua -p topic=lighthouses
local topic = params.topic or "lighthouses"
local model = llm(nil, { max_tokens = 80 })

local function step(prompt) return model:complete(prompt).text:match("^%s*(.-)%s*$") end

local outline = step("Name three things to say about " .. topic .. ".")
if outline == "" then error("the outline of " .. topic .. " is empty") end
local draft = step("Write two sentences about " .. topic .. " from this outline:\n" .. outline)
local title = step("Give a title to this text:\n" .. draft)

return { title = title, text = draft, outline = outline }
