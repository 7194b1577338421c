async function why(work) {
  try {
    await work();
    return "allowed";
  } catch (err) {
    return `${err.kind}: ${err.message}`;
  }
}
export default {
  command: await why(() => mcp({ command: "some-server" }).tools()),
  url: await why(() => mcp({ url: "http://127.0.0.1:9/mcp" }).tools()),
  private: await why(() => mcp({ url: "https://example.com/mcp" }).tools()),
  env: await why(() => mcp({ command: "true", env: { SECRET: "1" } }).tools()),
  names: (await mcp("notes").tools()).length,
  search: (await mcp("notes").call("search", { query: "tea" })).text,
  count: await why(() => mcp("notes").call("count")),
  direct: await why(() => tools.notes_count({})),
  read: await why(() => mcp("notes").read("note://today")),
  prompts: await why(() => mcp("notes").prompts()),
};
