await llm().embed(["one two", "three"]);
print((await spell.budget()).tokens);
await llm().rerank("one", ["one", "two"]);
print((await spell.budget()).tokens);
await llm().embed("word ".repeat(100)).catch(() => print("caught"));
print("never");
