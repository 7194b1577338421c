// Retrieval: documents are kept once, and each question takes along the pieces that fit it.
//   llmspell run examples/patterns/retrieval.js -p question="When does the harbour open?"
const question = params.question ?? "When does the harbour open?";
const notes = memory("harbour", { meaning: false }); // by words alone; without this, by meaning too

await notes.add("The harbour opens at six in the morning.", { source: "hours" });
await notes.add("The bridge is closed for repairs.", { source: "roads" });
await notes.add("Tea is served on the upper deck.", { source: "tea" });

const sources = (await notes.search(question, { limit: 2 })).map((found) => found.source);

async function answer() {
  if (sources.length === 0) return "Nothing is known about that.";
  const known = await notes.context(question, { limit: 2 });
  const reply = await llm(null, { temperature: 0, maxTokens: 60 }).complete([
    { role: "system", content: `Answer from these notes alone:\n${known}` },
    { role: "user", content: question },
  ]);
  return reply.text;
}

export default { answer: await answer(), sources };
