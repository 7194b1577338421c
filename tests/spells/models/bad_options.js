const found = [];
for (const options of [
  { reasoning: "very" },
  { reasoning: 0 },
  { toolChoice: "nwo", tools: [{ name: "now" }] },
  { schema: {} },
  { logprobs: 21 },
  { providerTools: ["search"] },
]) {
  await llm().complete("Hi", options).catch((error) =>
    found.push([error.kind, error.message, !!error.hint]));
}
export default found;
