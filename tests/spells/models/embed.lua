local model = llm()
local one, several = model:embed("cat"), model:embed({ "cat", "dog" })
return {
  one = #one,
  several = { #several[1], #several[2] },
  same = one[1] == several[1][1],
  differ = several[1][1] ~= several[2][1],
}
