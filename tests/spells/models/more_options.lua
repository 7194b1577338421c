local model = llm(nil, { reasoning = "low", parallel_tool_calls = false })
local tools = { { name = "now" } }
model:complete("Hi", { tools = tools, tool_choice = "now", logprobs = 2, provider_tools = { { type = "web_search" } } })
model:complete("Hi", { reasoning = 2048, schema = { title = "city", type = "object", required = array { "maxWords" } } })
