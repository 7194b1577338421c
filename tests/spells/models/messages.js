const reply = await llm().complete([
  { role: "system", content: "Be brief." },
  { role: "user", content: [{ type: "text", text: "The capital " }, { type: "text", text: "of France?" }] },
  { role: "assistant", toolCalls: [{ id: "c1", name: "look_up", arguments: { best_city: 1 } }] },
  { role: "tool", toolCallId: "c1", content: "Paris!" },
]);
export default reply.text;
