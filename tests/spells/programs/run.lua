local cat = run("cat", {}, { input = "as it is: $HOME; *" })
local sh = run("sh", { "-c", "pwd; echo oops >&2; exit 3" }, { cwd = "inner" })
local bytes = run("printf", { "\\377" })
local cut = run("printf", { "1234567890" }, { max_output = 4 })
local variable = run("sh", { "-c", "echo $GREETING-$SECRET-$EXTRA" }, { env = { EXTRA = "x" } })
return { cat = cat.stdout, code = sh.code, err = sh.stderr, folder = sh.stdout:match("[^/]+\n$"),
         bytes = blob.base64(bytes.stdout), cut = cut.stdout, truncated = { cat.truncated, cut.truncated },
         variable = variable.stdout }
