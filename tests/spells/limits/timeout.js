print("started");
while (true) {
  await sleep(60).catch(() => {});
  print("never");
}
