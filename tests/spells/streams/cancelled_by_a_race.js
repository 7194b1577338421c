export default await race(async () => {
  for await (const chunk of llm().stream("Slowly")) write(chunk.text);
}, async () => {
  await sleep(0.2);
  return "first";
});
