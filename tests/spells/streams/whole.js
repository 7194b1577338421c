let pieces = 0;
let last;
for await (const chunk of llm().stream("Count please")) {
  write(chunk.text);
  pieces += 1;
  last = chunk;
}
print();
export default {
  pieces,
  finish: last.finishReason,
  input: last.usage.inputTokens,
  output: last.usage.outputTokens,
  model: last.model,
};
