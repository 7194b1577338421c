const found = await llm().rerank("dog barks", ["a cat", "my dog barks", "a dog"], { top: 2, timeout: 9, extra: { truncate: "END" } });
export default [found, (await spell.usage()).calls];
