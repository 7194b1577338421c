const found = [];
for (let i = 0; i < 3; i++) {
  await llm().complete("Where?", { schema: { type: "object" } }).catch((error) =>
    found.push([error.kind, error.message, error.data.text]));
}
export default found;
