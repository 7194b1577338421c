// Several calls at once. Their values come in the order of the functions; one failure cancels the others.
//   llmspell run examples/04_parallel.js -p topic=lighthouses
const { topic = "trains" } = params;
const model = llm(null, { maxTokens: 40 });

const ask = (question) => async () => (await model.complete(`${question} ${topic}?`)).text;

const [good, bad] = await parallel(ask("What is good about"), ask("What is bad about"));

export default { good, bad, calls: (await spell.usage()).calls };
