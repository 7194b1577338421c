const messages = [{ role: "user", content: "1 + 2?" }];
for await (const chunk of llm().stream(messages)) messages[1] = chunk.message;
messages.push({ role: "tool", toolCallId: "c1", content: "3" });
messages.push({ role: "tool", toolCallId: "c2", content: "no", isError: true });
export default (await llm().complete(messages)).text;
