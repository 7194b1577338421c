write(1);
await sleep(0.001);
write(2);
await tools.later({ seconds: 0 });
print(3);
