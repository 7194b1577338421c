const helper = agent({ tools: ["notes_search", "notes_draw"] });
const reply = await helper.run("What about tea?");
let error = "none";
try {
  await agent({ tools: ["notes_serch"] }).run("hello");
} catch (err) {
  error = `${err.kind}: ${err.message}`;
}
export default { text: reply.text, calls: reply.toolCalls, error };
