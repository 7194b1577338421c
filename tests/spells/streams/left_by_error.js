let message;
try {
  for await (const chunk of llm().stream("Go on")) {
    write(chunk.text);
    if (chunk.text === " b") throw new Error("enough");
  }
} catch (error) {
  message = error.message;
}
export default { message, next: (await llm().complete("And?")).text };
