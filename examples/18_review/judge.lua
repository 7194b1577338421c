-- What main runs for each draft. It is a spell of its own: llmspell run examples/18_review/judge.lua -p draft="..."
local draft = params.draft or error("give it a draft: -p draft=...")
local _, words = draft:gsub("%S+", "")
return { words = words, remark = llm():complete("Say what is good about: " .. draft, { max_tokens = 30 }).text }
