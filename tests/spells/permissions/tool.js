async function refusal(call) {
  try {
    await call();
  } catch (failure) {
    return [failure.kind, failure.message, failure.hint];
  }
}
const refused = await refusal(() => tools.add({ a: 1, b: 1 }));
const [unknown] = await refusal(() => tools.nothing({}));
export default { refused, unknown, granted: await tools.echo({ value: 1 }) };
