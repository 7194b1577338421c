const reply = await llm().complete("Draw and sing.");
await llm().complete([{ role: "user", content: [{ type: "text", text: "Better!" }, reply.media[0]] }]);
const parts = reply.message.content;
const same = parts[1].data.blob === reply.media[0].data.blob;
export default [
  reply.text, await blob.base64(reply.media[0].data), reply.media[1].data.mime, await blob.text(reply.media[1].data), same,
];
