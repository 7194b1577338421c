const first = (await llm().complete("Hi")).message;
const second = (await llm().complete("And?")).message;
await llm().complete([{ role: "user", content: "Hi" }, first, { role: "user", content: "And?" }, second]);
export default [first, { role: second.role, content: second.content, tool_calls: second.toolCalls }];
