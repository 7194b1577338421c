let caught;
try {
  for await (const chunk of llm().stream("Go on")) write(chunk.text);
} catch (error) {
  caught = error;
}
export default { kind: caught.kind, message: caught.message, retryable: caught.retryable };
