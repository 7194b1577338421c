// Map-reduce: the same question to every part of what is too long for one prompt, and one answer from the answers.
//   llmspell run examples/patterns/map_reduce.js < book.txt
import { chunks } from "llmspell:text";

const text = params.text ?? await stdin.read();
const question = params.question ?? "Who is there, and what do they do?";
const model = llm(null, { temperature: 0, maxTokens: 80 });

const notes = await map(chunks(text, params.size ?? 4000), async (part) => {
  return (await model.complete(`${part}\n\n${question} Answer in one sentence.`)).text;
}, { concurrency: 4 });

const { text: answer } = await model.complete(`Notes:\n${notes.join("\n")}\n\n${question}`);
export default { parts: notes.length, answer };
