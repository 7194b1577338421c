let tried = 0;
const kind = await timeout(0.05, () => retry(() => {
  tried += 1;
  throw new Error("no");
}, { attempts: 1000, delay: 0.01, factor: 1 })).catch((error) => error.kind);
export default { kind, tried: tried > 1 && tried < 10 };
