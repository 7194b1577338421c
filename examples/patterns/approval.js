// Human approval: what an agent may not do by itself makes it pause, until a person has said yes or no.
//   llmspell run examples/patterns/approval.js -p wish="Tell Ada that the tea is ready."
const sent = [];
const mailer = agent({
  instructions: "You write short messages and send them.",
  options: { maxTokens: 100 },
  tools: [tool({
    name: "send", description: "Sends a message", parameters: { recipient: "string", text: "string" },
    approval: "ask",
    run: (message) => {
      sent.push(message);
      return "sent";
    },
  })],
});

const people = stdin.lines();
let reply = await mailer.run(params.wish ?? "Tell Ada that the tea is ready.");
while (reply.reason === "paused") { // reply.state could be kept, and answered by a later run
  const answers = {};
  for (const question of reply.questions) {
    print(`${question.name} ${json.encode(question.arguments)}? [y/N]`);
    answers[question.id] = (await people.next()).value === "y" || "the user does not want that";
  }
  reply = await mailer.resume(answers);
}
export default { sent, answer: reply.text };
