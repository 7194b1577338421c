async function never() {
  try {
    await sleep(60);
  } finally {
    print("a cancelled task went on");
  }
}
let caught;
try {
  await parallel(async () => {
    await parallel(never, () => map([1, 2], never));
    print("so did its parent");
  }, async () => {
    await sleep(0.005);
    throw new Error("stop");
  });
} catch (error) {
  caught = error.message;
}
await sleep(0.005);
export default caught;
