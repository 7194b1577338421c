function caught(thrown) {
  try {
    throw thrown;
  } catch (error) {
    return error;
  }
}
const { message: text } = caught(new Error("milk"));
const { kind, message, hint, retryable } = caught(new SpellError("m", { kind: "type", hint: "h" }));
export default { text, kind, message, hint, retryable };
