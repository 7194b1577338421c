print("before");
try {
  await llm().complete("hello", { maxTokens: 50 });
} catch (error) {
  print("caught", error);
} finally {
  print("finally");
}
print("after");
