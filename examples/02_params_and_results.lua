-- Parameters go in, a value comes out; `:=` gives a parameter as JSON.
--   llmspell run examples/02_params_and_results.lua -p word=tide -p 'rhymes:=["side", "wide"]' --json
local word = params.word or "moon"
local rhymes = params.rhymes or array {}

local prompt = ("Write one line of a poem that ends with %q."):format(word)
local reply = llm():complete(prompt, { max_tokens = 40, temperature = 0 })

return {
  word = word,
  line = reply.text,
  rhymes = rhymes,
  tokens = reply.usage.output_tokens,
  finished = reply.finish_reason == "stop",
}
