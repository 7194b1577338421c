const texts = [];
let finish;
for await (const chunk of llm().stream("Say nothing")) {
  texts.push(chunk.text);
  finish = chunk.finishReason;
}
export default { texts, finish };
