-- Retrieval: documents are kept once, and each question takes along the pieces that fit it.
--   llmspell run examples/patterns/retrieval.lua -p question="When does the harbour open?"
local question = params.question or "When does the harbour open?"
local notes = memory("harbour", { meaning = false }) -- by words alone; without this, by meaning too

notes:add("The harbour opens at six in the morning.", { source = "hours" })
notes:add("The bridge is closed for repairs.", { source = "roads" })
notes:add("Tea is served on the upper deck.", { source = "tea" })

local sources = {}
for i, found in ipairs(notes:search(question, { limit = 2 })) do sources[i] = found.source end
if #sources == 0 then return { answer = "Nothing is known about that.", sources = array {} } end

local known = notes:context(question, { limit = 2 })
local reply = llm(nil, { temperature = 0, max_tokens = 60 }):complete {
  { role = "system", content = "Answer from these notes alone:\n" .. known },
  { role = "user", content = question },
}
return { answer = reply.text, sources = sources }
