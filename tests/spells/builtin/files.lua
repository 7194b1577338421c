tools.write_file { path = "out/a.txt", content = "one\ntwo\nthree\n" }
local edited = tools.edit_file { path = "out/a.txt", old = "two", new = "2" }
local ok, ambiguous = pcall(tools.edit_file, { path = "out/a.txt", old = "e", new = "E" })
return {
  edited = edited.line,
  ok = ok,
  ambiguous = ambiguous.kind,
  lines = tools.read_file { path = "out/a.txt", first_line = 2 },
  names = tools.find_files { pattern = "**/*.txt" }.paths,
  entries = #tools.list_files { path = "out" }.entries,
  found = tools.search_files { pattern = "th", files = "out" }.matches,
}
