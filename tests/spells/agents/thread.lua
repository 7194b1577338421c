local function made()
  return agent { thread = "ada", instructions = "Be brief." }
end
local first = made()
first:reset()
first:run("I am Ada.")
local second = made()
local known = #second:history()
for event in second:stream("Who am I?") do
  if event.type == "finish" then print(event.text) end
end
local third = made()
local said = third:history()
local other = agent { thread = "bob" }
local saved = third:save()
other:load(saved)
local names = { #said, said[1].content, #agent({ thread = "bob" }):history() }
third:reset()
local ok, err = pcall(first.run, first, "again")
other:reset()
return { known, names, #made():history(), #agent({}):history(), err.kind, err.message }
