const text = (await llm().complete("hello", { maxTokens: 10 })).text;
const told = await spell.budget();
const limits = await spell.limits();
export default {
  text,
  spent: told.tokens,
  left: told.tokensLeft,
  tokens: told.maxTokens,
  cost: Math.abs(told.cost - 0.003) < 1e-9,
  cost_left: Math.abs(told.costLeft - 0.497) < 1e-9,
  calls: told.calls + told.callsLeft,
  limits: [limits.maxCost, limits.maxTokens],
};
