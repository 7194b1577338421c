for await (const chunk of llm().stream("Go on")) { // HERE
  write(chunk.text);
}
