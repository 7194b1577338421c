const team = { shared: "team" };
export default {
  own: await state.get("a", "none"),
  shared: await state.get("a", null, team),
  keys: await state.keys("", team),
};
