const order = [];
const after = (seconds, letter) => async () => {
  await sleep(seconds);
  order.push(letter);
};
await parallel(after(0.02, "a"), after(0.05, "b"), after(0, "c"));
export default order;
