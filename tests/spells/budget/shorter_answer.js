export default (await llm().complete("hello")).text;
