local _, err = pcall(function()
  return llm("nobody/nothing"):complete("Hi")
end)
return { kind = err.kind, named = err.message:find("nobody", 1, true) ~= nil, hint = type(err.hint) == "string" }
