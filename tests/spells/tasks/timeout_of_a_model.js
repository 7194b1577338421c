const kind = await timeout(0.02, () => llm().complete("Hi")).catch((error) => error.kind);
export default kind;
