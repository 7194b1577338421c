async function attempt(path, options) {
  try {
    return await spell.run("child", { read: path }, options);
  } catch (error) {
    return error.kind;
  }
}
const models = { models: ["other/*"] };
export default {
  inherited: await attempt("open/a.txt"),
  kept: await attempt("open/a.txt", { permissions: { read: ["open"] } }),
  taken: await attempt("open/a.txt", { permissions: {} }),
  narrowed: [
    await attempt("open/b/c.txt", { permissions: { read: ["open/b"] } }),
    await attempt("open/a.txt", { permissions: { read: ["open/b"] } }),
  ],
  never: await attempt("shut.txt", { permissions: { read: ["*"] } }),
  wrong: await attempt("open/a.txt", { permissions: { net: ["no host"] } }),
  models: await spell.run("child", { ask: "hi" }, { permissions: models }).then(() => true, () => false),
};
