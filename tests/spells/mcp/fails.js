async function why(work) {
  try {
    await work();
    return "nothing";
  } catch (err) {
    return `${err.kind}: ${err.message}`;
  }
}
const notes = mcp("notes");
export default {
  tool: await why(() => notes.call("forget-all")),
  direct: await why(() => tools.notes_forget_all({})),
  died: await why(() => notes.call("die")),
  after: (await notes.call("search", { query: "more" })).text,
  server: await why(() => mcp("note").tools()),
  unknown: await why(() => notes.call("serch")),
  wrong: await why(() => notes.call("search")),
  prompt: await why(() => mcp({}).tools()),
  both: await why(() => mcp({ command: "a", url: "http://b" }).tools()),
  mixed: await why(() => mcp({ url: "http://b", args: ["c"] }).tools()),
};
