const short = await llm().embed("cat", { dimensions: 3 });
const [query, document] = [await llm().embed("cat", { kind: "query" }), await llm().embed("cat", { kind: "document" })];
const message = await llm().embed("cat", { kind: "essay" }).catch((error) => error.message);
export default [short.length, query[0] === document[0], message];
