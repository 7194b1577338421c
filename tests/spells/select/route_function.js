const seen = [];
const routed = llm({
  route: async (request) => {
    seen.push(request);
    return request.tools.length > 0 ? "scripted/hands" : "scripted/plain";
  },
});
const first = await routed.complete("Hi");
const second = await routed.complete("What is the weather?", { tools: [{ name: "weather" }] });
const counted = await routed.countTokens("Hi");
export default { models: [first.model, second.model], seen, tokens: counted.tokens };
