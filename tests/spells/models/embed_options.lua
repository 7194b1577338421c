local short = llm():embed("cat", { dimensions = 3 })
local query, document = llm():embed("cat", { kind = "query" }), llm():embed("cat", { kind = "document" })
local _, err = pcall(function()
  llm():embed("cat", { kind = "essay" })
end)
return { #short, query[1] == document[1], err.message }
