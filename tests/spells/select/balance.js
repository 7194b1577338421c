const shared = llm({ balance: ["scripted/left", "scripted/right"] });
export default await map([1, 2, 3, 4], async () => (await shared.complete("Hi")).model, { concurrency: 1 });
