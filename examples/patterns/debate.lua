-- Debate: two sides answer each other in turns, and a third reads it all and decides.
--   llmspell run examples/patterns/debate.lua -p motion="Tea is better than coffee."
local motion = params.motion or "Tea is better than coffee."
local model = llm(nil, { max_tokens = 60 })
local said = {}

for _ = 1, params.rounds or 2 do
  for _, side in ipairs { "for", "against" } do
    local wish = "You are " .. side .. " this: " .. motion .. "\n" .. table.concat(said, "\n") .. "\nSay one sentence."
    said[#said + 1] = side .. ": " .. model:complete(wish).text
  end
end

local verdict = model:complete(table.concat(said, "\n") .. "\nWho was better, for or against? Answer with one word.").text
return { said = said, winner = verdict:lower():match("against") or "for" }
