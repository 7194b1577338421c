// Sums up the notes in a folder and keeps the summary; what it needs for that stands here, and is asked for:
//
// @allow read notes/ "to read what is to be summed up"
// @allow write summary.md "to keep the summary"

const lines = await map(await fs.glob("notes/*.txt"), async (path) => {
  const reply = await llm().complete(`Sum up in one sentence: ${await fs.read(path)}`, { maxTokens: 60 });
  return `- ${path}: ${reply.text}\n`;
});
await fs.write("summary.md", lines.join(""));
export default lines.length;
