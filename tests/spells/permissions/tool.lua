local _, failure = pcall(function() return tools.add { a = 1, b = 1 } end)
return { refused = { failure.kind, failure.message, failure.hint }, granted = tools.echo { value = 1 } }
