// A stream can be left at any time: the connection is closed, and the rest is never generated or paid for.
//   llmspell run examples/03_streaming.js
async function firstSentence(prompt) {
  let text = "";
  for await (const chunk of llm().stream(prompt, { maxTokens: 100 })) {
    write(chunk.text);
    text += chunk.text;
    const sentence = text.match(/^.*?[.!?](?=\s)/s);
    if (sentence) return sentence[0];
  }
  return text;
}

const sentence = await firstSentence("Tell me about the sea.");
print();
export default { sentence, length: [...sentence].length };
