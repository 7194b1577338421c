const options = { command: params.python, args: [params.notes], env: { FLAVOUR: "mint" }, timeout: 20 };
const notes = mcp(options);
const variables = (await notes.call("variables")).text;
const first = (await notes.call("search", { query: "a" })).text;
await notes.close();
export default {
  first,
  again: (await mcp(options).call("search", { query: "b" })).text,
  mint: variables.includes("FLAVOUR"),
  secret: variables.includes("SECRET"),
  read: (await notes.read("note://x"))[0].text,
};
