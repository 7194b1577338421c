async function attempt(...args) {
  try {
    await spell.run(...args);
    return "no error";
  } catch (err) {
    return [err.kind, err.message.replace(/^\/[^:]*\//, ""), err.data ?? "none"];
  }
}
let fails;
try {
  await spell.run("child", { fail: true });
} catch (err) {
  fails = [err.kind, err.message, err.file.replace(/.*\//, "").match(/^\w+/)[0], err.line > 0];
}
export default {
  fails,
  late: await attempt("child.lua", { wait: 10 }, { timeout: 0.2 }),
  calls: await attempt("child.lua", { calls: 9 }, { maxCalls: 3 }),
  permission: await attempt("child", { read: "note.txt" }),
  unknown: await attempt("chidl"),
  outside: await attempt("../files/denied"),
  module: await attempt("values.json"),
  functions: await attempt("child", { value: [print] }),
  tools: await attempt("child", { value: { deep: [[print]] } }),
};
