const found = [];
for (const name of ["/etc/passwd", "./none.gguf", "local/../up", "local/~/x", "llamacpp//etc/hostname"]) {
  try {
    await llm(name).complete("Hi");
    found.push(true);
  } catch (failure) {
    found.push(`${failure.kind}: ${failure.message}`);
  }
}
export default found;
