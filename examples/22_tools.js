// Looks for a word in notes with the built-in tools, and lets a model sum up what was found.
// @allow read notes/ "to search the notes"

const word = params.word ?? "the";
const found = await tools.search_files({ pattern: word, files: "notes", ignore_case: true });
const lines = found.matches.map((match) => match.text);

const per_file = await tools.calculator({ expression: `${lines.length} / ${Math.max(found.files_searched, 1)}` });
const text = lines.join("\n");
const again = await tools.text_search({ text, pattern: word, ignore_case: true });
const { text: summary } = await llm().complete(`Sum up in one sentence: ${text}`, { maxTokens: 60 });

export default { lines: lines.length, per_file, words: again.count, summary };
