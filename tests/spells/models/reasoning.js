const reply = await llm().complete("6 * 7?");
let streamed = "";
let text = "";
for await (const chunk of llm().stream("6 * 7?")) {
  streamed += chunk.reasoning ?? "";
  text += chunk.text;
}
export default { reasoning: reply.reasoning, streamed, text };
