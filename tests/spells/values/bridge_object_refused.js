export default { model: llm() };
