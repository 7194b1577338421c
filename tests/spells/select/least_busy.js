const shared = llm({ balance: ["scripted/here", "scripted/there"], by: "least_busy" });
const ask = async () => (await shared.complete("Hi")).model;
const [first, second] = await parallel(ask, ask);
export default first !== second;
