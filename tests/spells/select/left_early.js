const smart = llm({ fallback: ["scripted/first", "scripted/second"] });
for await (const chunk of smart.stream("Hi")) {
  write(chunk.text);
  break;
}
export default (await smart.complete("And?")).text;
