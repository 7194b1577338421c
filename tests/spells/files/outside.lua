local refused = {}
for _, path in ipairs({ "secret.txt", "in/../secret.txt", "in/link.txt", "in/parent/secret.txt", "/etc/passwd",
                        "in/nowhere", "in/gone.txt", "in/dir" }) do
  local ok, err = pcall(fs.read, path)
  refused[#refused + 1] = err.kind
end
for _, write in ipairs({ function() fs.write("in/x", "x") end, function() fs.write("in/link.txt", "x") end,
                         function() fs.remove("in/link.txt") end, function() fs.make("in/made") end,
                         function() fs.move("in/note.txt", "out.txt") end, function() fs.glob("*") end }) do
  local ok, err = pcall(write)
  refused[#refused + 1] = err.kind
end
return { refused = refused, text = fs.read("in/note.txt"), through = fs.read("in/inner") }
