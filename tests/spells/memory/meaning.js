const notes = memory("meaning", { model: "scripted/test" });
await notes.delete();
await notes.add("red", { source: "a" });
await notes.add("green", { source: "b" });
await notes.add("red", { source: "a" });
const both = await notes.search("green", { limit: 1 });
const meaning = await notes.search("green", { mode: "meaning" });
const words = await notes.search("green", { mode: "words" });
const err = await memory("meaning", { model: "scripted/other" }).search("green").catch((error) => error);
export default [
  both.length, meaning.length, words.length, words[0].source, meaning[0].score <= 1, (await spell.usage()).calls,
  err.kind, err.message,
];
