local function attempt(...)
  local ok, err = pcall(spell.run, ...)
  if ok then
    return "no error"
  end
  return { err.kind, (err.message:gsub("^/[^:]*/", "")), err.data or "none" }
end
local _, err = pcall(spell.run, "child", { fail = true })
return {
  fails = { err.kind, err.message, (err.file:gsub(".*/", "")):match("^%w+"), err.line > 0 },
  late = attempt("child.lua", { wait = 10 }, { timeout = 0.2 }),
  calls = attempt("child.lua", { calls = 9 }, { max_calls = 3 }),
  permission = attempt("child", { read = "note.txt" }),
  unknown = attempt("chidl"),
  outside = attempt("../files/denied"),
  module = attempt("values.json"),
  functions = attempt("child", { value = { print } }),
  tools = attempt("child", { value = { deep = { { print } } } }),
}
