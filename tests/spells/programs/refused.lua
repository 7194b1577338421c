local kinds = {}
for _, call in ipairs({
  function() run("cat") end,
  function() run("sh", { "-c", "true" }) end,
  function() run("printf", { "b" }) end,
  function() run("printf", { "a" }, { env = { LD_PRELOAD = "x" } }) end,
  function() run("printf", { "a" }, { cwd = ".." }) end,
  function() run("printf", { "a", "\0" }) end,
  function() run("printf", { "a", 1 }) end,
  function() run("no-such-program") end,
  function() run("sleep", { "30" }, { timeout = 0.1 }) end,
}) do
  local ok, err = pcall(call)
  kinds[#kinds + 1] = err.kind
end
return { kinds = kinds, said = run("printf", { "a" }).stdout }
