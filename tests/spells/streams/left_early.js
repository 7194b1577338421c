for await (const chunk of llm().stream("Go on")) {
  write(chunk.text);
  if (chunk.text === " b") break;
}
export default (await llm().complete("And?")).text;
