print("started");
while (true) {
  await sleep(60).catch(() => {}); // HERE
  print("never");
}
