for await (const chunk of llm().stream("hello", { maxTokens: 30 })) {
  write(chunk.text);
  break;
}
try {
  for await (const chunk of llm().stream("hello", { maxTokens: 60 })) write(chunk.text);
} catch {
  print("caught");
}
print("never");
