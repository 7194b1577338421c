const png = await blob.fromBase64("iVBORw0KGgo=", "image/png");
const bytes = await blob.fromBase64("aGk=");
await llm().complete([
  {
    role: "user",
    content: [
      { type: "image", data: png },
      { type: "document", data: bytes, name: "report.pdf" },
      { type: "audio", data: bytes, mime: "audio/wav" },
    ],
  },
]);
const found = [];
for (const part of [
  { type: "image", data: bytes },
  { type: "audio", data: png },
  { type: "image", data: await blob.fromText("", "image/png") },
  { type: "image", data: { blob: "forged", mime: "image/png", size: 1 } },
  { type: "image", data: { url: "x" } },
]) {
  const err = await llm().complete([{ role: "user", content: [part] }]).catch((error) => error);
  found.push([err.kind, err.message.replace(/^complete: prompt: message 1: content: part 1: ?/, "")]);
}
export default found;
