const data = { users: [{ name: "Ada", age: 36 }, { name: "Bob", age: 20 }] };
const split = await tools.text_split({ text: "a, b,c", pattern: ",\\s*", regex: true });
const clock = await tools.clock({ time: "2025-01-31", add: 1, unit: "months", time_zone: "Europe/Paris" });
const problem = await tools.calculator({ expression: "9^9^9" }).catch((error) => error);
export default {
  sum: await tools.calculator({ expression: "(12.5 + 3) * 4 ^ 2" }),
  big: await tools.calculator({ expression: "2^64" }),
  found: (await tools.text_search({ text: "one two one", pattern: "one" })).count,
  replaced: (await tools.text_replace({ text: "a-b", pattern: "(a)-", replacement: "\\1+", regex: true })).text,
  split,
  words: (await tools.text_stats({ text: "two words" })).words,
  names: await tools.json_query({ data, query: "users[?age > `30`].name" }),
  date: clock.date,
  weekday: clock.weekday,
  wrong: !(problem instanceof Error),
  problem: problem.kind,
};
