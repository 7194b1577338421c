const judge = llm("scripted/judge");
const routed = llm({
  route: async ({ text }) => `scripted/${(await judge.complete(`Is this hard? ${text}`)).text}`,
});
let model;
for await (const chunk of routed.stream("2 + 2")) model = chunk.model;
export default model;
