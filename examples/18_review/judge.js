// What main runs for each draft. It is a spell of its own: llmspell run examples/18_review/judge.js -p draft="..."
if (!params.draft) throw new Error("give it a draft: -p draft=...");
const words = params.draft.match(/\S+/g)?.length ?? 0;
const { text } = await llm().complete(`Say what is good about: ${params.draft}`, { maxTokens: 30 });
export default { words, remark: text };
