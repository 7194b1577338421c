export default await retry(async () => (await llm().complete("Hi")).text, { delay: 0.001 });
