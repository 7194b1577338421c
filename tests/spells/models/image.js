const pictures = await llm(null, { timeout: 60 }).image("A red circle", { count: 2, size: "64x64", format: "png" });
await llm().complete([{ role: "user", content: [pictures[1]] }]);
export default [pictures.length, pictures[0].type, pictures[0].mime, (await blob.base64(pictures[0].data)).slice(0, 11)];
