const writer = agent({ name: "writer", description: "Writes lines.", instructions: "Write.", output: { line: "string" } });
const boss = agent({ tools: [writer, await writer.asTool({ name: "poet" })] });
const reply = await boss.run("A line, please.");
const limited = agent({ tools: [agent({ name: "idler", tools: ["echo"], limits: { maxTurns: 1 } })] });
const failed = await limited.run("Try.");
const brief = agent({ tools: [await writer.asTool({ name: "brief", maxResult: 5, retries: 1, timeout: 60 })] });
const cut = (await brief.run("Briefly.")).messages[2].content;
const err = await agent({ tools: ["ecco"] }).run("x").catch((error) => error);
const shape = await agent({ limits: { maxTurns: 0 } }).run("x").catch((error) => error);
const name = await tool({ name: "no way", run: print }).call().catch((error) => error);
export default {
  text: reply.text, told: [reply.messages[2].content, reply.messages[4].content], writers: (await writer.history()).length,
  failed: failed.messages[2].content, used: (await spell.usage()).calls, mine: reply.usage.outputTokens,
  cut: cut.slice(0, 5), err: [err.kind, err.hint], shape: [shape.message, shape.hint], name: name.message,
};
