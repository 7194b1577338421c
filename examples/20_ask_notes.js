// Answers a question from the notes of a folder: what has changed is read, what fits is found, the model answers.
//   llmspell run examples/20_ask_notes.js -p question="When does the harbour open?"
//
// @allow read notes/ "to answer from them"

const question = params.question ?? "When does the harbour open?";
const notes = memory("notes", { meaning: params.meaning === true });

let added = 0;
for (const path of await fs.glob("notes/**/*.txt")) added += (await notes.load(path)).documents;

const sources = (await notes.search(question, { limit: 1 })).map((found) => found.source);
const known = await notes.context(question, { maxTokens: 500 });
const prompt = `Answer the question from these notes.\n\n${known}\n\nQuestion: ${question}`;
print((await llm().complete(prompt, { maxTokens: 80 })).text);
export default { sources, new: added };
