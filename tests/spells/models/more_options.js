const model = llm(null, { reasoning: "low", parallelToolCalls: false });
const tools = [{ name: "now" }];
await model.complete("Hi", { tools, toolChoice: "now", logprobs: 2, providerTools: [{ type: "web_search" }] });
await model.complete("Hi", { reasoning: 2048, schema: { title: "city", type: "object", required: ["maxWords"] } });
