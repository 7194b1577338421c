// Hand-off: an agent gives the conversation to another one, by a tool; from then on that one answers.
//   llmspell run examples/patterns/hand_off.js -p question="The kettle leaks."
let desk = "reception";

const handOff = (to) => tool({
  name: `hand_off_to_${to}`, description: `Hands the customer to ${to}`, parameters: {},
  run: () => {
    desk = to;
    return "done";
  },
});

const member = (instructions, ...tools) => agent({ instructions, tools, options: { maxTokens: 100 } });

const agents = {
  reception: member("Hand customers to who can help them.", handOff("billing"), handOff("repairs")),
  billing: member("You help with invoices.", handOff("repairs")),
  repairs: member("You help with broken things.", handOff("billing")),
};
for (const each of Object.values(agents)) { // who handed over says nothing more
  await each.on("tool_result", () => ({ stop: "handed over" }));
}

const question = params.question ?? "The kettle leaks.";
const way = [];
let reply;
for (let i = 0; i < 4; i++) { // nobody is sent around for ever
  way.push(desk);
  reply = await agents[desk].run(question);
  if (desk === way.at(-1)) break;
}
export default { way, answer: reply.text };
