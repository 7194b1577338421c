const kinds = [];
for (const call of [
  () => run("cat"),
  () => run("sh", ["-c", "true"]),
  () => run("printf", ["b"]),
  () => run("printf", ["a"], { env: { LD_PRELOAD: "x" } }),
  () => run("printf", ["a"], { cwd: ".." }),
  () => run("printf", ["a", "\0"]),
  () => run("printf", ["a", 1]),
  () => run("no-such-program"),
  () => run("sleep", ["30"], { timeout: 0.1 }),
]) {
  await call().catch((err) => kinds.push(err.kind));
}
export default { kinds, said: (await run("printf", ["a"])).stdout };
