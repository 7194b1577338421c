export default await parallel(
  () => tools.later({ seconds: 0.02, value: "slow" }),
  () => tools.later({ seconds: 0, value: "quick" }),
  () => 3,
);
