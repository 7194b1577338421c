try {
  await llm("nobody/nothing").complete("Hi");
} catch (error) {
  var caught = { kind: error.kind, named: error.message.includes("nobody"), hint: typeof error.hint === "string" };
}
export default caught;
