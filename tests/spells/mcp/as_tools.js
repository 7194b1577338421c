const options = { command: params.python, args: [params.notes] };
const own = mcp(options);
const all = await own.asTools();
const names = all.map((each) => each.name);
all[0].name = "find";
const helper = agent({ tools: [all[0], ...(await own.asTools(["draw"]))] });
const reply = await helper.run("What about tea?");
const theirs = agent({ tools: await mcp("notes").asTools(["count"]), output: { notes: "integer" }, outputMode: "prompted" });
const counted = await theirs.run("How many?");
async function why(work) {
  try {
    await work();
    return "nothing";
  } catch (err) {
    return `${err.kind}: ${err.message}`;
  }
}
export default {
  names, told: reply.messages[2].content, calls: reply.toolCalls, counted: counted.data.notes,
  hidden: (await mcp("notes").asTools()).length,
  unknown: await why(() => own.asTools(["serch"])),
  denied: await why(async () => agent({ tools: await mcp("notes").asTools(["search"]) }).run("x")),
  made_up: await why(() => agent({ tools: [{ name: "a", mcp: { server: 7, tool: "search" } }] }).run("x")),
  not_run: await why(() => agent({ tools: [{ name: "a", mcp: { server: { command: "rm" }, tool: "x" } }] }).run("x")),
};
