try {
  await tools.not_there({ name: "key" });
} catch (error) {
  const { kind, message, hint, line } = error;
  if (error instanceof SpellError) var found = { kind, message, hint, line: line === 2, text: error.message };
}
export default found;
