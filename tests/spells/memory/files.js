const notes = memory("files", { meaning: false });
await notes.delete();
const attempt = (path) => notes.load(path).then(() => "read", (err) => err.kind);
const loaded = await map(["a.md", "b.csv", "c.json", "d.txt"], async (path) => (await notes.load(path)).pieces);
export default {
  loaded,
  again: (await notes.load("a.md")).documents,
  title: (await notes.search("tide"))[0].title,
  row: (await notes.search("oslo"))[0].text,
  kinds: [
    await attempt("shut/e.txt"), await attempt("nothing.txt"), await attempt("bad.json"), await attempt("empty.txt"),
    await attempt("bad.pdf"),
  ],
  sources: await notes.sources(),
};
