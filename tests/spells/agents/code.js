const asked = [];
const weather = tool({
  name: "weather",
  description: "Weather of a city.",
  parameters: { city: "string" },
  run: ({ city }) => {
    asked.push(city);
    return { celsius: city === "Paris" ? 21 : 19 };
  },
});

const answers = (reply) => reply.messages.filter((message) => message.role === "tool");
const told = (reply) =>
  answers(reply).map((message) =>
    message.isError ? message.content.match(/at line \d+: [^\n(]+/)[0] : message.content,
  );

const js = await agent({ tools: [weather], code: "js" }).run("Where is it warm?");
const lua = await agent({ tools: [weather], code: { language: "lua", declare: 0 } }).run("Where is it warm?");
const bounded = await agent({ tools: [weather], code: { language: "lua", cpu: 0.5 } }).run("Do harm.");
let wrong;
try {
  await agent({ tools: [weather], code: "python" }).run("?");
} catch (error) {
  wrong = error.message;
}
export default {
  js: [js.text, js.turns, told(js)],
  lua: [lua.text, lua.turns, told(lua)],
  bounded: [bounded.text, answers(bounded).map(({ content }) => content.match(/^CPU[^.]*\.\d[^.]*|^[^\n(]+/)[0])],
  asked,
  counted: [js.toolCalls, lua.toolCalls],
  wrong,
};
