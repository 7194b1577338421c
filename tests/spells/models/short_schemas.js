const tools = [{ name: "weather", parameters: { city: "string", "days?": "integer" } }, { name: "now", parameters: {} }];
await llm().complete("Where?", { schema: { city: "string: its name" }, tools });
await llm().complete("Where?", { schema: { properties: { city: { type: "string" } } } });
let error;
await llm().complete("Where?", { schema: { city: "strin" } }).catch((caught) => (error = caught));
export default [error === undefined, error.kind, error.message];
