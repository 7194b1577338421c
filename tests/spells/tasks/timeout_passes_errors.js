export default await timeout(60, () => tools.fail({ message: "early" }));
