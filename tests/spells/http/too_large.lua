local _, err = pcall(http.get, "http://api.test/", { max_size = 3 })
return { err.kind, err.message }
