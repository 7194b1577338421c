const sent = [];
const mail = tool({
  name: "send", parameters: { to: "string" }, approval: "ask",
  run: (args) => {
    sent.push(args.to);
    return "sent";
  },
});
const first = agent({ tools: [mail] });
const paused = await first.run("Send it to Ada.");
const done = await first.resume({ [paused.questions[0].id]: true });
const other = agent({ tools: [mail] });
const refused = await other.resume({ a: "not today" }, paused.state);
const asked = agent({ tools: [mail], approve: (question) => question.arguments.to === "Grace" });
const agreed = await asked.run("Send it to Grace.");
const judged = agent({
  tools: [{ name: "send", parameters: { to: "string" }, run: () => "sent", approval: (args) => (args.to === "Eve" ? "deny" : "allow") }],
});
const denied = await judged.run("Send it to Eve.");
const err = await other.resume({ a: true }).catch((error) => error);
export default {
  paused: [paused.reason, paused.questions[0].name, paused.questions[0].arguments.to],
  done: done.text, history: (await first.history()).length, refused: refused.messages[2].content, agreed: agreed.text, sent,
  denied: denied.messages[2].content, err: err.kind,
};
