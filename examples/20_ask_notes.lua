-- Answers a question from the notes of a folder: what has changed is read, what fits is found, the model answers.
--   llmspell run examples/20_ask_notes.lua -p question="When does the harbour open?"
--
-- @allow read notes/ "to answer from them"

local question = params.question or "When does the harbour open?"
local notes = memory("notes", { meaning = params.meaning == true })

local new = 0
for _, path in ipairs(fs.glob("notes/**/*.txt")) do
  new = new + notes:load(path).documents
end

local sources = array {}
for i, found in ipairs(notes:search(question, { limit = 1 })) do
  sources[i] = found.source
end
local known = notes:context(question, { max_tokens = 500 })
local prompt = "Answer the question from these notes.\n\n" .. known .. "\n\nQuestion: " .. question
print(llm():complete(prompt, { max_tokens = 80 }).text)
return { sources = sources, new = new }
