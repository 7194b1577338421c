local text = fs.read("note.txt") -- HERE
return text
