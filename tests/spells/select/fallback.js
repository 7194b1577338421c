const smart = llm({ fallback: ["scripted/first", "scripted/second"] });
const { text, model } = await smart.complete("Hi");
export default { text, model };
