-- Remembers between runs: how often it ran, and what the model said about a topic.
--   llmspell run examples/19_counter.lua -p topic=tea
local topic = params.topic or "tea"
local runs = state.update("runs", function(old) return (old or 0) + 1 end)

local said = state.get("about:" .. topic)
local fresh = said == nil
if fresh then
  said = llm():complete("One fact about " .. topic .. ", in one sentence.", { max_tokens = 60 }).text
  state.set("about:" .. topic, said)
end
print("run " .. runs .. ": " .. said)

local topics = array {}
for _, key in ipairs(state.keys("about:")) do
  topics[#topics + 1] = key:sub(7)
end
return { runs = runs, topics = topics, fresh = fresh }
