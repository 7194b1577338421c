const kinds = [], heard = [];
const helper = agent({
  tools: [{ name: "secret", parameters: { n: "integer" }, run: (args) => `code ${args.n}` }],
  hooks: { tool_call: (event) => ({ change: { arguments: { n: Number(event.arguments.n) + 1 } } }) },
});
await helper.on("tool_result", (event) => {
  heard.push(event.text);
  return { change: { text: "hidden" } };
});
await helper.on("model_call", async (event) => {
  if (event.turn === 2) return { change: { temperature: 0.5, maxTokens: 7 } };
});
let reply, text = "";
for await (const event of helper.stream("Go")) {
  if (kinds.at(-1) !== event.type) kinds.push(event.type);
  if (event.type === "text") text += event.text;
  reply = event.reply ?? reply;
}
await helper.on("text", () => ({ stop: "heard enough" }));
const stopped = await helper.run("More");
const err = await helper.on("tool_cal", print).catch((error) => error);
const bad = agent({ hooks: { turn_end: () => ({ retry: true }) } });
const wrong = await bad.run("x").catch((error) => error);
export default {
  kinds, heard, text, said: reply.text, told: reply.messages[2].content,
  stopped: [stopped.reason, stopped.detail], err: [err.kind, err.hint], wrong: [wrong.kind, wrong.message],
};
