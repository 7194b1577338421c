const found = [];
for (const prompt of ["", [{ role: "user" }], [{ role: "tool", content: "4" }]]) {
  await llm().complete(prompt).catch((error) => found.push([error.kind, error.message]));
}
export default found;
