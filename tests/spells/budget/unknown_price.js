let told;
try {
  await llm().complete("hello");
} catch (failure) {
  told = { kind: failure.kind, message: failure.message };
}
export default told;
