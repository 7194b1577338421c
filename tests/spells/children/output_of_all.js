print("1234567");
try {
  await spell.run("child", { print: 10 });
} catch {}
print("after");
