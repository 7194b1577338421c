const ask = () => llm().complete("hello", { maxTokens: 50 });
export default (await Promise.all([ask(), ask(), ask(), ask(), ask(), ask()])).length;
