async function read(prompt) {
  try {
    for await (const chunk of llm().stream(prompt)) write(chunk.text);
  } catch (error) {
    return error.kind;
  }
}
export default [await read(""), await read(5)];
