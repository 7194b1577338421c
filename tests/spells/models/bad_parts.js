const bad = [
  { type: "image" },
  { type: "image", data: "aGk=", url: "https://example.com/a.png" },
  { type: "image", data: "aGk=" },
  { type: "image", data: "no base64!", mime: "image/png" },
  { type: "image", data: "", mime: "image/png" },
  { type: "image", data: "aGk=", mime: "audio/wav" },
  { type: "audio", text: "la" },
  { type: "text" },
  { type: "reasoning", text: "hm" },
  { type: "text", text: "hi", state: "signed" },
  { type: "text", text: 1 },
  { type: "image", url: "https://example.com/a.png", colour: "red" },
  { type: "image", url: "https://example.com/a.png", fileId: "file-1" },
  { type: "image", url: "cat.png" },
  { type: "image", url: "File:///etc/passwd" },
  { type: "image", fileId: "file-1", detail: "huge" },
  { type: "document", fileId: "file-1", detail: "low" },
];
const found = [];
for (const part of bad) {
  await llm().complete([{ role: "user", content: [{ type: "text", text: "Look:" }, part] }]).catch((error) =>
    found.push([error.kind, error.message.replace(/^complete: prompt: message 1: content: part 2: ?/, "")]));
}
export default found;
