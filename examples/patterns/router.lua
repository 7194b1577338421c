-- Router: a first, short call decides who answers, each with a prompt (or a model, or a spell) of its own.
--   llmspell run examples/patterns/router.lua -p question="My invoice is wrong."
local question = params.question or "My invoice is wrong."
local desks = {
  billing = "You help with invoices and payments.",
  repairs = "You help with broken things.",
  other = "You help with whatever there is.",
}

local wish = "Answer with one word, billing, repairs or other: what is this about?\n" .. question
local said = llm(nil, { temperature = 0, max_tokens = 10 }):complete(wish).text:lower()
local desk = said:match("billing") or said:match("repairs") or "other" -- what the model says is never used as it is

local reply = llm(nil, { max_tokens = 80 }):complete {
  { role = "system", content = desks[desk] },
  { role = "user", content = question },
}
return { desk = desk, answer = reply.text }
