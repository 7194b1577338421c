let text = "";
for await (const chunk of llm().stream("こんにちは\0!")) {
  write(chunk.text);
  text += chunk.text;
}
export default text;
