const reply = await llm().complete("Say hello");
export default {
  text: reply.text,
  finish: reply.finishReason,
  calls: reply.toolCalls.length,
  input: reply.usage.inputTokens,
  output: reply.usage.outputTokens,
  model: reply.model,
  cost: reply.cost == null,
  reasoning: reply.reasoning === undefined,
};
