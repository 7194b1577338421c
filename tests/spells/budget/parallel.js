const ask = () => llm().complete("hello", { maxTokens: 50 }).catch(() => "caught");
await Promise.allSettled([ask(), ask(), ask()]);
print("never");
