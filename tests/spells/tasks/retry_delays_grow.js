const times = [];
await retry(() => {
  times.push(now());
  throw new Error("again");
}, { attempts: 4, delay: 0.02, factor: 2 }).catch(() => {});
export default times[1] - times[0] >= 0.015 && times[2] - times[1] >= 0.035 && times[3] - times[2] >= 0.075;
