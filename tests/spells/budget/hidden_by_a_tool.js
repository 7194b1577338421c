await tools.attempt({ run: async () => (await llm().complete("hello", { maxTokens: 50 })).text });
print("never");
