local smart = llm({ fallback = { "scripted/first", "scripted/second" } }, { temperature = 0 })
local ok, err = pcall(smart.complete, smart, "Hi")
return { ok = ok, kind = err.kind, message = err.message, tried = err.data.tried, retryable = err.retryable }
