local function attempt(path, options)
  local ok, result = pcall(spell.run, "child", { read = path }, options)
  return ok and result or result.kind
end
local some = { permissions = { read = { "open" } } }
return {
  inherited = attempt("open/a.txt"),
  kept = attempt("open/a.txt", some),
  taken = attempt("open/a.txt", { permissions = {} }),
  narrowed = { attempt("open/b/c.txt", { permissions = { read = { "open/b" } } }),
    attempt("open/a.txt", { permissions = { read = { "open/b" } } }) },
  never = attempt("shut.txt", { permissions = { read = { "*" } } }),
  wrong = attempt("open/a.txt", { permissions = { net = { "no host" } } }),
  models = pcall(spell.run, "child", { ask = "hi" }, { permissions = { models = { "other/*" } } }),
}
