local found = {}
for _, name in ipairs({"/etc/passwd", "./none.gguf", "local/../up", "local/~/x", "llamacpp//etc/hostname"}) do
  local ok, failure = pcall(function() return llm(name):complete("Hi") end)
  found[#found + 1] = ok or failure.kind .. ": " .. failure.message
end
return found
