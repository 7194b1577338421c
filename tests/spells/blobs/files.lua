local picture = fs.blob("point.svg")
fs.write("copy.svg", picture)
fs.write("copy.svg", blob.from_text("!"), { append = true })
return { mime = picture.mime, size = picture.size, text = blob.text(picture) }
