return { doubled = params.n * 2, read = pcall(fs.read, "a.txt") }
