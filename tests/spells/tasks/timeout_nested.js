let inner, outer;
try {
  await timeout(0.05, async () => {
    await timeout(0.005, () => sleep(60)).catch((error) => { inner = error.kind; });
    print("inner gave up");
    await timeout(60, () => sleep(60));
  });
} catch (error) {
  outer = error.kind;
}
export default { inner, outer };
