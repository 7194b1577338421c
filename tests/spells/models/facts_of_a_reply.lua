local reply = llm():complete("Hi", { logprobs = 1 })
local last
for chunk in llm():stream("Hi", { logprobs = 1 }) do
  last = chunk
end
local function facts(of)
  return { of.id, of.request_id, of.raw_finish_reason, of.logprobs, of.usage.cache_write_tokens, of.usage.cached_tokens }
end
return { facts(reply), facts(last) }
