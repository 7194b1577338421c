export default {
  applied: await tools.apply({ run: (a, b) => `${a}-${b}`, args: ["a", "b"] }),
  each: await tools.each({ items: [1, 2, 3], run: (n) => n * n }),
  many: await tools.apply({ run: (...all) => all, args: [1, 2, 3, 4, 5] }),
  nothing: (await tools.apply({ run() {}, args: [] })) === null,
};
