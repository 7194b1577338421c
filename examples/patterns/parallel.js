// Parallel: views that do not depend on each other are asked for at the same time, then joined.
//   llmspell run examples/patterns/parallel.js -p plan="We open a tea house on a boat."
const plan = params.plan ?? "We open a tea house on a boat.";
const model = llm(null, { maxTokens: 60 });

const view = (of) => async () => {
  return (await model.complete(`As ${of}, say in one sentence what you think of this: ${plan}`)).text;
};

const [money, law, guests] = await parallel(view("an accountant"), view("a lawyer"), view("a guest"));
const all = [money, law, guests].join("\n");
const { text } = await model.complete(`Three people looked at a plan:\n${all}\nSay in one sentence what they think.`);
export default { views: { money, law, guests }, verdict: text };
