let seen = 0;
for await (const chunk of llm().stream("Count")) {
  seen += chunk.text.length;
}
for (let i = 0; i < 3; i++) await sleep(0);
export default seen;
