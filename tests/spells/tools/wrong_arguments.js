const kinds = [];
for (const args of [{ a: 1 }, { a: 1, b: "two" }, { a: 1, b: 2, c: 3 }]) {
  await tools.add(args).catch((error) => kinds.push(error.kind));
}
export default kinds;
