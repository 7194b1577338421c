let last;
for await (const chunk of llm().stream("Look")) {
  write(chunk.text);
  last = chunk;
}
const [call] = last.toolCalls;
export default { name: call.name, arguments: call.arguments, finish: last.finishReason };
