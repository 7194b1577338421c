const routed = llm({
  route: [
    { model: "scripted/hands", tools: true },
    { model: "scripted/small", tokens: 5 },
    { model: "scripted/large" },
  ],
});
const long = "word ".repeat(20);
export default [
  (await routed.complete("Hi")).model,
  (await routed.complete(long)).model,
  (await routed.complete(long, { tools: [{ name: "weather" }] })).model,
];
