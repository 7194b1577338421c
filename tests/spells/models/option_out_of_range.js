const found = [];
for (const options of [{ seed: 1.5 }, { temperature: -1 }]) {
  await llm().complete("Hi", options).catch((error) => found.push([error.kind, error.message]));
}
export default found;
