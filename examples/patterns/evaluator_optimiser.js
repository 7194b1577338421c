// Evaluator and optimiser: one call writes, another one judges, until it is good or the rounds are over.
//   llmspell run examples/patterns/evaluator_optimiser.js -p task="Write a slogan for a tea house."
const task = params.task ?? "Write a slogan for a tea house.";
const writer = llm(null, { maxTokens: 60 });
const judge = llm(null, { temperature: 0, maxTokens: 60 });

let { text } = await writer.complete(task);
let rounds = 1;
while (rounds < (params.rounds ?? 3)) {
  const wish = `Task: ${task}\nText: ${text}\nIs it good? Say GOOD, or what to do better.`;
  const verdict = (await judge.complete(wish)).text;
  if (verdict.includes("GOOD")) break;
  text = (await writer.complete(`${task}\nYou wrote: ${text}\nDo it better: ${verdict}`)).text;
  rounds += 1;
}
export default { text, rounds };
