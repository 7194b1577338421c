write(1);
await sleep(0.001);
write(2);
await parallel(async () => {
  await sleep(0);
  while (true);
});
write(3);
