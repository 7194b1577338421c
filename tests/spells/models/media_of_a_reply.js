const reply = await llm().complete("Draw and sing.");
await llm().complete([{ role: "user", content: [{ type: "text", text: "Better!" }, reply.media[0]] }]);
export default [reply.text, reply.media];
