async function attempt(work) {
  try {
    await work();
    return "no error";
  } catch (err) {
    return [err.kind, err.message];
  }
}
const notes = memory("wrong", { meaning: false });
export default {
  name: await attempt(() => memory("").count()),
  empty: await attempt(() => notes.add("  ")),
  mode: await attempt(() => notes.search("x", { mode: "meaning" })),
  limit: await attempt(() => notes.search("x", { limit: 0 })),
  functions: await attempt(() => notes.add("x", { metadata: { f: print } })),
  model: (await attempt(() => memory("m", { model: "nobody/x" }).add("x")))[0],
  overlap: await attempt(() => memory("m", { meaning: false, size: 100, overlap: 90 }).add("x")),
};
