export default [
  await timeout(60, () => tools.later({ seconds: 0, value: "in time" })),
  await timeout(60, () => 2),
];
