async function failure() {
  try {
    await llm().complete("Hi");
  } catch (error) {
    return error;
  }
}
const [first, second] = [await failure(), await failure()];
const { kind, message, retryable, status, provider, hint } = first;
export default {
  kind,
  message,
  retryable,
  status,
  provider,
  hint,
  second: { kind: second.kind, status: second.status, retryable: second.retryable },
};
