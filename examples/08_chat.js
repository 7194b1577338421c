// A conversation: each line of the standard input is what the user says, and the model sees all that came before.
//   llmspell run examples/08_chat.js
const model = llm(null, { maxTokens: 80 });
const messages = [{ role: "system", content: "You are friendly and brief." }];

for await (const line of stdin.lines()) {
  messages.push({ role: "user", content: line });
  let answer = "";
  for await (const chunk of model.stream(messages)) {
    write(chunk.text);
    answer += chunk.text;
  }
  print();
  messages.push({ role: "assistant", content: answer });
}

export default { turns: (messages.length - 1) / 2, tokens: (await model.countTokens(messages)).tokens };
