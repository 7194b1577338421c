local function attempt(method, ...)
  local ok, err = pcall(state[method], ...)
  return ok and "no error" or { err.kind, err.message }
end
return {
  empty = attempt("set", "", 1),
  long = attempt("get", string.rep("k", 513)),
  number = attempt("get", 7),
  functions = attempt("set", "k", { print }),
  made = attempt("update", "k", function() return { f = print } end),
  name = attempt("get", "k", 1, { shared = "../x" }),
  option = attempt("get", "k", 1, { share = "x" }),
  large = attempt("set", "k", string.rep("x", 17 * 1024 * 1024))[1],
}
