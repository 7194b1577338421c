await state.delete("n");
const numbers = await map([1, 2, 3, 4, 5, 6, 7, 8], () =>
  state.update("n", async (old) => {
    await sleep(0.001);
    return (old ?? 0) + 1;
  }),
);
numbers.sort((a, b) => a - b);
const list = await state.update("list", () => ["a"]);
const none = await state.update("list", () => undefined);
let err;
try {
  await state.update("n", () => {
    throw new Error("no change");
  });
} catch (error) {
  err = error;
}
export default [numbers, await state.get("n"), list, none === null && (await state.keys("list")).length, err.kind, err.message];
