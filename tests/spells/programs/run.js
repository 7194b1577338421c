const cat = await run("cat", [], { input: "as it is: $HOME; *" });
const sh = await run("sh", ["-c", "pwd; echo oops >&2; exit 3"], { cwd: "inner" });
const bytes = await run("printf", ["\\377"]);
const cut = await run("printf", ["1234567890"], { maxOutput: 4 });
const variable = await run("sh", ["-c", "echo $GREETING-$SECRET-$EXTRA"], { env: { EXTRA: "x" } });
export default {
  cat: cat.stdout, code: sh.code, err: sh.stderr, folder: sh.stdout.match(/[^/]+\n$/)[0],
  bytes: await blob.base64(bytes.stdout), cut: cut.stdout, truncated: [cat.truncated, cut.truncated],
  variable: variable.stdout,
};
