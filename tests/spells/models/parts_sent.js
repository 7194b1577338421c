const png = "iVBORw0KGgo=";
await llm().complete([
  { role: "system", content: [{ type: "text", text: "Be brief.", cache: true }] },
  {
    role: "user",
    content: [
      { type: "text", text: "Compare." },
      { type: "image", data: png, mime: "image/png" },
      { type: "image", url: "https://example.com/cat.jpeg" },
      { type: "image", url: `data:image/png;base64,${png}` },
      { type: "document", data: png, name: "report.pdf", cache: true },
      { type: "audio", data: png, mime: "audio/wav" },
      { type: "video", url: "https://example.com/film" },
      { type: "image", fileId: "file-1", detail: "low" },
      { type: "image", url: "https://example.com/cat.png", detail: "auto" },
      { type: "document", fileId: "file-2" },
    ],
  },
]);
