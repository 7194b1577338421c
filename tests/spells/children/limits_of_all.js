try {
  await spell.run("child", { calls: 50 });
} catch (error) {
  print("caught", error);
}
print("after");
