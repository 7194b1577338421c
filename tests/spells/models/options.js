await llm().complete("one", {
  temperature: 0,
  topP: 0.5,
  maxTokens: 9,
  stop: ".",
  seed: 4,
  timeout: 30,
  extra: { top_k: 3, nested_value: { some_key: true } },
});
const model = llm(null, { topP: 0.5, maxTokens: 9, temperature: 0 });
await model.complete("two", { temperature: 1.5, stop: ["a", "b"] });
await llm("scripted/other").complete("three");
