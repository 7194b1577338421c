local pictures = llm(nil, { timeout = 60 }):image("A red circle", { count = 2, size = "64x64", format = "png" })
llm():complete { { role = "user", content = { pictures[2] } } }
return { #pictures, pictures[1].type, pictures[1].mime, blob.base64(pictures[1].data):sub(1, 11) }
