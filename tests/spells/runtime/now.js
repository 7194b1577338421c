const first = now();
for (let i = 0; i < 100000; i++);
const fixed = now() === first;
await sleep(0.01);
export default {
  fixed,
  sensible: first > 1.7e9 && first < 1e10,
  moves: now() >= first + 0.009,
  clock: Math.floor(Date.now() / 1000) === Math.floor(now()),
};
