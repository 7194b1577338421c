const seen = [];
let message;
try {
  await map([1, 2, 3, 4, 5], async (n) => {
    seen.push(n);
    await sleep(0.001);
    if (n === 3) throw new Error("bad 3");
  }, { concurrency: 1 });
} catch (error) {
  message = error.message;
}
await sleep(0.005);
export default { message, seen };
