// Debate: two sides answer each other in turns, and a third reads it all and decides.
//   llmspell run examples/patterns/debate.js -p motion="Tea is better than coffee."
const motion = params.motion ?? "Tea is better than coffee.";
const model = llm(null, { maxTokens: 60 });
const said = [];

for (let round = 0; round < (params.rounds ?? 2); round++) {
  for (const side of ["for", "against"]) {
    const wish = `You are ${side} this: ${motion}\n${said.join("\n")}\nSay one sentence.`;
    said.push(`${side}: ${(await model.complete(wish)).text}`);
  }
}

const { text } = await model.complete(`${said.join("\n")}\nWho was better, for or against? Answer with one word.`);
export default { said, winner: /against/i.test(text) ? "against" : "for" };
