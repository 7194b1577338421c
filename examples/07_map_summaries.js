// One summary for each line of the standard input, four at a time.
//   llmspell run examples/07_map_summaries.js < notes.txt
const notes = await stdin.lines().collect();

const summaries = await map(notes, async (note, index) => {
  const reply = await llm().complete(`Summarize in five words: ${note}`, { maxTokens: 20, temperature: 0 });
  log.info("note", index + 1, "took", reply.usage.outputTokens ?? "?", "tokens");
  return reply.text;
}, { concurrency: 4 });

summaries.forEach((summary, index) => print(`${index + 1}. ${summary}`));
export default summaries.length;
