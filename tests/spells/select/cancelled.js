const smart = llm({ fallback: ["scripted/first", "scripted/second"] });
export default await race(
  async () => (await smart.complete("slow")).text,
  async () => {
    await sleep(0.01);
    return "done";
  },
);
