fs.make("a/b")
fs.copy("one.txt", "a/two.txt")
fs.move("a/two.txt", "a/b/three.txt")
fs.remove("old", { recursive = true })
fs.remove("empty")
local names = {}
for _, entry in ipairs(fs.list()) do names[#names + 1] = entry.name .. " " .. entry.type end
return { names = names, found = fs.glob("**/*.txt"), none = fs.glob("*.md") }
