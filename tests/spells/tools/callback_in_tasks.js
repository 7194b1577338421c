const label = (letter) => () =>
  tools.each({ items: [1, 2], run: async (n) => {
    await sleep(0.002);
    return letter + n;
  } });
export default await parallel(label("a"), label("b"));
