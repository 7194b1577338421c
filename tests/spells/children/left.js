let kind;
try {
  await timeout(0.2, () => spell.run("child", { wait: 20 }));
} catch (err) {
  kind = err.kind;
}
const first = await race(
  async () => (await spell.run("child", { wait: 20 })).given,
  async () => (await spell.run("child", { value: "quick" })).given,
);
const many = await map([1, 2, 3, 4, 5], async (n) => (await spell.run("child", { value: n * n })).given);
export default [false, kind, first, many];
