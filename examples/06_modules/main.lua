-- A spell of several files: `require` loads modules of the spell's own folder.
--   llmspell run examples/06_modules/main.lua -p language=French
local ask = require("./ask")
local prompts = require("prompts.translate")

local language = params.language or "Spanish"
return { language = language, text = ask(prompts.translate("Good morning", language)) }
