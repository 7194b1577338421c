const before = await spell.usage();
await llm().complete("a b c");
await llm().complete("d");
const usage = await spell.usage();
export default {
  before: before.calls,
  calls: usage.calls,
  input: usage.inputTokens,
  output: usage.outputTokens,
  cost: usage.cost === null,
};
