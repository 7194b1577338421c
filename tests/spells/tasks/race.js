const first = await race(async () => {
  await sleep(60);
  print("never");
}, () => tools.later({ seconds: 0, value: "quick" }));
export default { first, at_once: await race(() => 1, () => 2) };
