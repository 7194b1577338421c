// Remembers between runs: how often it ran, and what the model said about a topic.
//   llmspell run examples/19_counter.js -p topic=tea
const topic = params.topic ?? "tea";
const runs = await state.update("runs", (old) => (old ?? 0) + 1);

let said = await state.get(`about:${topic}`);
const fresh = said === null;
if (fresh) {
  said = (await llm().complete(`One fact about ${topic}, in one sentence.`, { maxTokens: 60 })).text;
  await state.set(`about:${topic}`, said);
}
print(`run ${runs}: ${said}`);

const topics = (await state.keys("about:")).map((key) => key.slice(6));
export default { runs, topics, fresh };
