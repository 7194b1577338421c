const kinds = [];
for (const wrong of [
  () => parallel(1),
  () => timeout("soon", print),
  () => retry("not a function"),
  () => map([1], "not a function"),
  () => retry(print, { attempt: 2 }),
  () => map([1], print, { concurrent: 2 }),
  () => map({ a: 1 }, print),
  () => map(stdin.lines(), print),
  () => retry(print, { attempts: 1.5 }),
  () => retry(print, { delay: -1 }),
  () => retry(print, { factor: "2" }),
  () => race(),
]) {
  try {
    await wrong();
  } catch (error) {
    kinds.push(error.kind);
  }
}
export default kinds;
