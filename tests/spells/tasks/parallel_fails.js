let caught;
try {
  await parallel(async () => {
    write("started ");
    await sleep(60);
    print("never");
  }, async () => {
    await sleep(0.001);
    await tools.fail({ message: "first" });
  });
} catch (error) {
  caught = error;
}
await sleep(0.005);
print("after");
export default { kind: caught.kind, message: caught.message };
