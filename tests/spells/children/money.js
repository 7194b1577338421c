try {
  await spell.run("child", { ask: "hello", longest: 50 }, { maxCost: 0.02 });
} catch (err) {
  write("false\t", err.kind, "\t", err.data.kind, "\n");
}
print(await spell.run("child", { ask: "hello", longest: 10 }));
write((await spell.usage()).outputTokens, "\n");
try {
  await spell.run("child", { ask: "hello", longest: 50 });
} catch {}
print("after");
