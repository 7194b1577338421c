let refused;
try {
  await tools.add({ a: 1, b: 1 });
} catch (failure) {
  refused = [failure.kind, failure.message, failure.hint];
}
export default { refused, granted: await tools.echo({ value: 1 }) };
