for (let i = 0; i < 4; i++) await sleep(0);
print((await spell.budget()).calls);
await sleep(0).catch(() => print("caught"));
print("never");
