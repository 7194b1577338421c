const doubled = await map([1, 2, 3, 4], (n) => tools.later({ seconds: 0.002 * (5 - n), value: n * 2 }));
export default {
  doubled,
  empty: await map([], () => {}),
  plain: await map(["a", "b"], (text) => text + "!", { concurrency: 1 }),
};
