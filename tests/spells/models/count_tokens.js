const model = llm();
const count = await model.countTokens("one two three four");
const messages = await model.countTokens([{ role: "user", content: "a b" }, { role: "assistant", content: "c" }]);
export default { text: count.tokens, messages: messages.tokens, method: count.method };
