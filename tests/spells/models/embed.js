const model = llm();
const [one, several] = [await model.embed("cat"), await model.embed(["cat", "dog"])];
export default {
  one: one.length,
  several: several.map((vector) => vector.length),
  same: one[0] === several[0][0],
  differ: several[0][0] !== several[1][0],
};
