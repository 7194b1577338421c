const smart = llm({ fallback: ["scripted/slow", "scripted/quick"], tryTimeout: 0.05 });
export default (await smart.complete("Hi")).model;
