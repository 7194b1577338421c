local notes = memory("meaning", { model = "scripted/test" })
notes:delete()
notes:add("red", { source = "a" })
notes:add("green", { source = "b" })
notes:add("red", { source = "a" })
local both = notes:search("green", { limit = 1 })
local meaning = notes:search("green", { mode = "meaning" })
local words = notes:search("green", { mode = "words" })
local ok, err = pcall(function()
  return memory("meaning", { model = "scripted/other" }):search("green")
end)
return {
  #both, #meaning, #words, words[1].source, meaning[1].score <= 1, spell.usage().calls,
  err.kind, err.message,
}
