local function attempt(work, ...)
  local ok, err = pcall(work, ...)
  return ok and "no error" or { err.kind, err.message }
end
local notes = memory("wrong", { meaning = false })
return {
  name = attempt(function() return memory(""):count() end),
  empty = attempt(notes.add, notes, "  "),
  mode = attempt(notes.search, notes, "x", { mode = "meaning" }),
  limit = attempt(notes.search, notes, "x", { limit = 0 }),
  functions = attempt(notes.add, notes, "x", { metadata = { f = print } }),
  model = attempt(function() return memory("m", { model = "nobody/x" }):add("x") end)[1],
  overlap = attempt(function() return memory("m", { meaning = false, size = 100, overlap = 90 }):add("x") end),
}
