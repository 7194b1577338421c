local notes = memory("files", { meaning = false })
notes:delete()
local function attempt(path)
  local ok, err = pcall(notes.load, notes, path)
  return ok and "read" or err.kind
end
return {
  loaded = map({ "a.md", "b.csv", "c.json", "d.txt" }, function(path) return notes:load(path).pieces end),
  again = notes:load("a.md").documents,
  title = notes:search("tide")[1].title,
  row = notes:search("oslo")[1].text,
  kinds = { attempt("shut/e.txt"), attempt("nothing.txt"), attempt("bad.json"), attempt("empty.txt"), attempt("bad.pdf") },
  sources = notes:sources(),
}
