const team = { shared: "team" };
await state.set("a", "mine");
await state.set("a", "ours", team);
const child = await spell.run("shared_child");
await state.delete("a", team);
export default [await state.get("a"), child, await state.get("a", "gone", team)];
