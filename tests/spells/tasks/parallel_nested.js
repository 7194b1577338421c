const value = (n) => () => tools.later({ seconds: 0.001 * n, value: n });
const [left, right] = await parallel(
  () => parallel(value(1), value(2)),
  () => parallel(value(3), () => parallel(value(4), value(5))),
);
export default { left, right };
