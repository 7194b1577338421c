await llm().complete([
  { role: "user", content: "Look." },
  { role: "assistant", toolCalls: [{ id: "c1", name: "camera", arguments: {} }] },
  {
    role: "tool",
    toolCallId: "c1",
    isError: true,
    content: [{ type: "text", text: "blurred" }, { type: "image", data: "iVBORw0KGgo=", mime: "image/png" }],
  },
]);
