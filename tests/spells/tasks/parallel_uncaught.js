await parallel(async () => {
  await sleep(0.001);
  throw new Error("in a task"); // HERE
}, () => sleep(60));
