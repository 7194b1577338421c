async function attempt(method, ...args) {
  try {
    await state[method](...args);
    return "no error";
  } catch (err) {
    return [err.kind, err.message];
  }
}
export default {
  empty: await attempt("set", "", 1),
  long: await attempt("get", "k".repeat(513)),
  number: await attempt("get", 7),
  functions: await attempt("set", "k", [print]),
  made: await attempt("update", "k", () => ({ f: print })),
  name: await attempt("get", "k", 1, { shared: "../x" }),
  option: await attempt("get", "k", 1, { share: "x" }),
  large: (await attempt("set", "k", "x".repeat(17 * 1024 * 1024)))[0],
};
