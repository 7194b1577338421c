// Router: a first, short call decides who answers, each with a prompt (or a model, or a spell) of its own.
//   llmspell run examples/patterns/router.js -p question="My invoice is wrong."
const question = params.question ?? "My invoice is wrong.";
const desks = {
  billing: "You help with invoices and payments.",
  repairs: "You help with broken things.",
  other: "You help with whatever there is.",
};

const wish = `Answer with one word, billing, repairs or other: what is this about?\n${question}`;
const said = (await llm(null, { temperature: 0, maxTokens: 10 }).complete(wish)).text.toLowerCase();
const desk = /billing|repairs/.exec(said)?.[0] ?? "other"; // what the model says is never used as it is

const { text } = await llm(null, { maxTokens: 80 }).complete([
  { role: "system", content: desks[desk] },
  { role: "user", content: question },
]);
export default { desk, answer: text };
