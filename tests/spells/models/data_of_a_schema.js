const schema = { type: "object", properties: { city: { type: "string" } } };
const reply = await llm().complete("Where?", { schema });
let data;
for await (const chunk of llm().stream("Where?", { schema })) data = chunk.data;
const called = await llm().complete("Where?", { schema });
export default [reply.data, data, called.data === undefined, (await llm().complete("Where?")).data === undefined];
