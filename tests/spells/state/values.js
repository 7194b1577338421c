for (const key of await state.keys()) await state.delete(key);
const value = { list: [1, 2.5, "drei"], deep: { yes: true }, text: "ä\0b" };
await state.set("value", value);
await state.set("n", 0);
await state.set("no", false);
await state.set("other", "x");
await state.set("n", 7);
const kept = await state.get("value");
const gone = await state.delete("other");
await state.set("no longer", 1);
await state.set("no longer", null);
export default {
  kept, n: await state.get("n"), no: await state.get("no", true), gone, again: await state.delete("other"),
  nothing: (await state.get("other")) === null, default: await state.get("other", [1]),
  keys: await state.keys(), some: await state.keys("n"), none: (await state.keys("x")).length,
};
