const seen = [];
const weather = tool({
  name: "weather", description: "Weather of a city", parameters: { city: "string" }, maxResult: 100,
  run: async (args) => {
    seen.push(args.city);
    return { celsius: 21 };
  },
});
const helper = agent({
  instructions: "Be brief.",
  tools: [weather, "add", { name: "broken", run: () => { throw new Error("no luck"); } }],
  limits: { maxTurns: 5 },
});
const reply = await helper.run("Is it warm in Paris?");
const results = reply.messages.filter((m) => m.role === "tool").map((m) => [m.content, m.isError]);
const again = await helper.run("Sure?");
const history = await helper.history();
const saved = await helper.save();
await helper.reset();
const empty = (await helper.history()).length;
await helper.load(saved);
export default {
  text: reply.text, reason: reply.reason, turns: reply.turns, calls: reply.toolCalls, seen,
  results, again: again.text, history: history.length, empty, loaded: (await helper.history()).length,
  direct: await weather.call({ city: "Rome" }), used: (await spell.usage()).calls,
};
