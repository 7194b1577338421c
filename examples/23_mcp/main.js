// Asks a model about notes that an MCP server keeps:
//   llmspell run examples/23_mcp/main.js --mcp-config examples/23_mcp/servers.json
// The server needs the extra: pip install 'llmspell[mcp]'
// @param question? string what to ask
const notes = mcp("notes");

for (const resource of await notes.resources()) {
  log.info(`${resource.uri} ${resource.name}`);
}

// Tools of a configured server are tools like all others.
const found = await tools.notes_search({ word: "harbour" });

// A prompt of a server is a list of messages.
const messages = await notes.prompt("ask", { question: params.question ?? "When does it open?", notes: found });
print((await llm().complete(messages, { maxTokens: 60 })).text);

export default { found, count: (await notes.call("count")).data.result };
