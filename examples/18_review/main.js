// A spell that runs another one: three drafts are judged at the same time, each within limits of its own.
//   llmspell run examples/18_review/main.js -p topic=lighthouses
const topic = params.topic ?? "tea";

const drafts = await map(["a sailor", "a child", "a lawyer"], async (voice) => {
  return (await llm().complete(`Write one sentence about ${topic} as ${voice}.`, { maxTokens: 40 })).text;
});

const verdicts = await map(drafts, async (draft) => {
  try {
    return await spell.run("judge", { draft }, { timeout: 60, maxCalls: 5, permissions: {} });
  } catch (error) {
    return { words: 0, remark: `no verdict: ${error.message}` };
  }
});
verdicts.forEach((verdict, i) => write(i + 1, "\t", `${verdict.words} words\n`));
export default verdicts;
