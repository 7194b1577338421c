const results = [];
const choosers = [
  () => 5,
  () => {
    throw new Error("no idea");
  },
  () => "nobody/x",
];
for (const route of choosers) {
  try {
    await llm({ route }).complete("Hi");
  } catch (error) {
    results.push([false, error.kind]);
  }
}
export default results;
