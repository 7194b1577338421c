const reply = await llm().complete("Hi", { logprobs: 1 });
let last;
for await (const chunk of llm().stream("Hi", { logprobs: 1 })) last = chunk;
const facts = (of) => [of.id, of.requestId, of.rawFinishReason, of.logprobs, of.usage.cacheWriteTokens, of.usage.cachedTokens];
export default [facts(reply), facts(last)];
