async function plusTen(n) {
  await sleep(0.001 * (4 - n));
  return tools.add({ a: n, b: 10 });
}
const ask = async (question) => (await llm().complete(question)).text;
const deep = await tools.apply({
  args: [40],
  run: (n) => tools.apply({ args: [2], run: (m) => tools.add({ a: n, b: m }) }),
});
export default {
  sums: await tools.each({ items: [1, 2, 3], run: plusTen }),
  city: await tools.apply({ run: ask, args: ["Where?"] }),
  deep,
};
