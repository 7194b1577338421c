local model, found = llm(), {}
for i, run in ipairs {
  function() model:rerank("", { "a" }) end,
  function() model:rerank("q", {}) end,
  function() model:rerank("q", { "a", "" }) end,
  function() model:rerank("q", { "a" }, { top = 0 }) end,
  function() model:image(" ") end,
  function() model:image("a cat", { count = "two" }) end,
  function() model:speak("") end,
  function() model:speak("hi", { speed = 0 }) end,
  function() model:transcribe { data = "aGk=" } end,
  function() model:transcribe { data = "aGk=", mime = "image/png" } end,
  function() model:transcribe { data = "#", mime = "audio/wav" } end,
  function() model:transcribe("hi") end,
} do
  local _, err = pcall(run)
  found[i] = { err.kind, err.message }
end
return found
