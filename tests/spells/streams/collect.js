const chunks = await llm().stream("Count").collect();
export default {
  joined: chunks.map((chunk) => chunk.text).join(""),
  count: chunks.length,
  lines: await stdin.lines().collect(),
};
