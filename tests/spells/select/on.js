const smart = llm({ fallback: ["scripted/first", "scripted/second"], on: ["context_length"] });
export default (await smart.complete("Hi")).text;
