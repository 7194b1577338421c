local _, err = pcall(tools.not_there, { name = "key" })
error("could not open: " .. err.message) -- HERE
