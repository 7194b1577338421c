llm():complete("one", {
  temperature = 0,
  top_p = 0.5,
  max_tokens = 9,
  stop = ".",
  seed = 4,
  timeout = 30,
  extra = { top_k = 3, nested_value = { some_key = true } },
})
local model = llm(nil, { top_p = 0.5, max_tokens = 9, temperature = 0 })
model:complete("two", { temperature = 1.5, stop = { "a", "b" } })
llm("scripted/other"):complete("three")
