const [model, found] = [llm(), []];
for (const run of [
  () => model.rerank("", ["a"]),
  () => model.rerank("q", []),
  () => model.rerank("q", ["a", ""]),
  () => model.rerank("q", ["a"], { top: 0 }),
  () => model.image(" "),
  () => model.image("a cat", { count: "two" }),
  () => model.speak(""),
  () => model.speak("hi", { speed: 0 }),
  () => model.transcribe({ data: "aGk=" }),
  () => model.transcribe({ data: "aGk=", mime: "image/png" }),
  () => model.transcribe({ data: "#", mime: "audio/wav" }),
  () => model.transcribe("hi"),
]) {
  await run().catch((error) => found.push([error.kind, error.message]));
}
export default found;
