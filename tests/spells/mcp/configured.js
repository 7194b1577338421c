const notes = mcp("notes");
const drawn = await notes.call("draw");
const prompt = await notes.prompt("summary", { topic: "tea" });
export default {
  names: (await notes.tools()).map((tool) => tool.name),
  schema: (await notes.tools())[0].parameters.required,
  found: await notes.call("search", { query: "milk" }),
  counted: (await notes.call("count")).data.notes,
  said: drawn.text,
  kinds: [drawn.parts[0].type, drawn.parts[1].type, drawn.parts[1].mime],
  size: drawn.parts[1].data.size,
  resource: (await notes.resources())[0],
  template: (await notes.templates())[0].uri,
  read: await notes.read("note://monday"),
  prompt: (await notes.prompts())[0],
  asked: prompt[0],
  reply: (await llm().complete(prompt)).text,
  version: (await notes.info()).version,
  offers: (await notes.info()).offers,
  direct: await tools.notes_search({ query: "tea" }),
  structured: await tools.notes_count({}),
  picture: (await tools.notes_draw())[1].mime,
};
