async function wordsUntil(wanted) {
  let count = 0;
  for await (const chunk of llm().stream("Well?")) {
    count += 1;
    if (chunk.text.includes(wanted)) return count;
  }
}

export default await wordsUntil("yes");
