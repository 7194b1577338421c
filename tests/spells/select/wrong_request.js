const smart = llm({ fallback: ["scripted/first", "scripted/second"] });
const { text } = await smart.complete("Hi"); // HERE
export default text;
