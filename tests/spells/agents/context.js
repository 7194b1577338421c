const seen = [];
const note = tool({
  name: "note", parameters: { text: "string" }, retries: 1,
  run: ({ text }, { id, attempt, context }) => {
    seen.push([text, id, attempt, context?.user ?? "nobody"]);
    if (attempt === 1) throw new Error("again");
    return "noted";
  },
});
const ask = tool({
  name: "ask", run: (_, { context }) => context.user, approval: (_, { context }) => (context.trusted ? "allow" : "ask"),
});
const inner = agent({ name: "inner", tools: [note] });
const outer = agent({ tools: [inner, ask] });
const first = await outer.run("Note.", { context: { user: "ada", trusted: true } });
const direct = await note.call({ text: "direct" }).then(() => true, () => false);
const paused = await outer.run("Ask.", { context: { user: "bo" } });
const resumed = await outer.resume({ d: true }, paused.state, { context: { user: "cy" } });
let streamed;
for await (const event of agent({ tools: [ask] }).stream("Ask.", { context: { user: "di", trusted: true } })) {
  if (event.type === "tool_result") streamed = event.text;
}
const wrong = await outer.run("x", { context: { f: print } }).catch((error) => error);
const typo = await outer.run("x", { contxt: 1 }).catch((error) => error);
export default {
  seen, first: first.text, direct, paused: paused.reason, resumed: resumed.messages[2].content,
  streamed, wrong: wrong.message, typo: typo.hint,
};
