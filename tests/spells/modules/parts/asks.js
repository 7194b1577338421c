await sleep(0.001);
export default (await llm().complete("Which city?")).text;
