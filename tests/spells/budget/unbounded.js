await llm().complete("hello");
const told = await spell.budget();
export default { spent: told.tokens, left: told.tokensLeft == null, cost: told.cost == null && told.costLeft == null };
