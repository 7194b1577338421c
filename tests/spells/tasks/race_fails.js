export default await race(() => sleep(60), () => tools.fail({ message: "quicker" }));
