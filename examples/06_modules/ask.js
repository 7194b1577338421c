// A module's default export can be anything; this one is a function.
const model = llm(null, { temperature: 0, maxTokens: 30 });

export default async function ask(prompt) {
  return (await model.complete(prompt)).text;
}
