const model = llm("scripted/test", { cache: true });
const prompt = `Hi ${uuid()}`;
const first = await model.complete(prompt);
const second = await model.complete(prompt);
let text = "";
let last;
for await (const chunk of model.stream(prompt)) {
  text += chunk.text;
  last = chunk;
}
export default {
  same: first.text === second.text && text === first.text,
  cached: [first.cached === true, second.cached, last.cached],
  cost: [second.cost, last.cost],
  tokens: second.usage.outputTokens === first.usage.outputTokens,
  fresh: (await model.complete(prompt, { cache: false })).text,
  calls: (await spell.usage()).calls,
};
