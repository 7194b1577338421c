// The answer of a model, word by word as it comes.
//   llmspell run examples/01_hello.js --model local/smollm2-135m
const model = llm();

for await (const chunk of model.stream("Say hello to somebody who writes their first program.", { maxTokens: 60 })) {
  write(chunk.text);
}
print();
