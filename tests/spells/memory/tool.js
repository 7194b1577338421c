const notes = memory("tool", { meaning: false });
await notes.delete();
await notes.add("The harbour opens at six.", { source: "hours" });
await notes.add("Tea is served in the harbour.", { source: "tea" });
const find = await notes.asTool({ name: "find", description: "Search the notes.", limit: 1, mode: "words" });
const helper = agent({ tools: [find, await notes.asTool()] });
const reply = await helper.run("When does it open?");
const asking = await agent({ tools: [await notes.asTool({ name: "find", approval: "ask" })] }).run("When?");
async function attempt(given) {
  try {
    await agent({ tools: [await given()] }).run("x");
    return "no error";
  } catch (err) {
    return [err.kind, err.message];
  }
}
export default {
  text: reply.text, told: [reply.messages[2].content, reply.messages[3].content],
  asked: [asking.reason, asking.questions[0].arguments.query],
  wrong: [
    await attempt(() => memory("").asTool()),
    await attempt(() => notes.asTool({ limit: 0 })),
    await attempt(() => notes.asTool({ name: "no way" })),
    await attempt(() => ({ memory: { name: "tool", search: { limit: "all" } } })),
    await attempt(() => memory("tool", { meaning: false }).asTool({ mode: "meaning" })),
  ],
};
