fs.write("out/copy.txt", fs.read("in/note.txt") .. "!", { create_parents = true })
fs.write("out/copy.txt", " more", { append = true })
local ok, err = pcall(fs.write, "gone/x.txt", "x")
local lines = {}
for line in fs.lines("in/lines.txt") do lines[#lines + 1] = line end
return { text = fs.read("out/copy.txt"), kind = err.kind, lines = lines, size = fs.stat("in/note.txt").size,
         there = { fs.exists("in"), fs.exists("in/gone") }, type = fs.stat("in").type }
