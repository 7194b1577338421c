let caught;
try {
  await timeout(0.01, async () => {
    await sleep(60);
    print("never");
  });
} catch (error) {
  caught = error;
}
print("after");
export default { kind: caught.kind, retryable: true };
