const done = [];
const look = tool({
  name: "look",
  parameters: { at: "string" },
  run: ({ at }) => {
    done.push(at);
    return `saw ${at}`;
  },
});
const open = tool({
  name: "open",
  parameters: { what: "string" },
  approval: "ask",
  run: ({ what }) => {
    done.push(`open ${what}`);
    return `opened ${what}`;
  },
});
const helper = agent({ tools: [look, open], code: "js" });
const paused = await helper.run("Open the door.");
const [question] = paused.questions;
const seen = [...done];
const reply = await helper.resume({ [question.id]: true });
export default {
  paused: [paused.reason, question.name, question.arguments.what, seen],
  text: reply.text,
  told: reply.messages.findLast(({ role }) => role === "tool").content,
  done,
};
