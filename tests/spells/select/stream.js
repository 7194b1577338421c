const smart = llm({ fallback: ["scripted/first", "scripted/second"] });
for await (const chunk of smart.stream("Hi")) write(chunk.text);
let failed;
try {
  for await (const chunk of smart.stream("Again")) write(chunk.text);
} catch (error) {
  failed = error;
}
export default [failed === undefined, failed.message];
