const offered = [
  { name: "add", description: "Add", parameters: { type: "object", properties: { first_number: {} } } },
];
const messages = [{ role: "user", content: "40 + 2?" }];
const reply = await llm().complete(messages, { tools: offered });
const [call] = reply.toolCalls;
messages.push({ role: "assistant", toolCalls: reply.toolCalls });
messages.push({ role: "tool", toolCallId: call.id, content: json.encode(await tools[call.name](call.arguments)) });
export default { text: (await llm().complete(messages)).text, finish: reply.finishReason, name: call.name };
