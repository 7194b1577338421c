-- A spell that runs another one: three drafts are judged at the same time, each within limits of its own.
--   llmspell run examples/18_review/main.lua -p topic=lighthouses
local topic = params.topic or "tea"

local drafts = map({ "a sailor", "a child", "a lawyer" }, function(voice)
  return llm():complete("Write one sentence about " .. topic .. " as " .. voice .. ".", { max_tokens = 40 }).text
end)

local verdicts = map(drafts, function(draft)
  local ok, verdict = pcall(spell.run, "judge", { draft = draft }, { timeout = 60, max_calls = 5, permissions = {} })
  return ok and verdict or { words = 0, remark = "no verdict: " .. verdict.message }
end)
for i, verdict in ipairs(verdicts) do
  print(i, verdict.words .. " words")
end
return verdicts
