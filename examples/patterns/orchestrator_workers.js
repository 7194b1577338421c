// Orchestrator and workers: a model says what there is to do, workers do it at the same time, and it is put together.
//   llmspell run examples/patterns/orchestrator_workers.js -p goal="a walk through Lisbon"
const goal = params.goal ?? "a walk through Lisbon";
const model = llm(null, { maxTokens: 80 });

const { text: plan } = await model.complete(`Name the parts of a short guide to ${goal}, one to a line, at most three.`);
const tasks = plan
  .split("\n")
  .map((line) => line.replace(/^[\s\d.*-]*/, "").trim())
  .filter((task) => task !== "")
  .slice(0, 3); // a plan of a model is bounded

const parts = await map(tasks, async (task) => {
  try {
    return { task, text: (await model.complete(`Write one sentence on ${task}, for a guide to ${goal}.`)).text };
  } catch (error) {
    return { task, text: `(not done: ${error.message})` };
  }
});
export default { goal, parts };
