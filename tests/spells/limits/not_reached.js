const first = await tools.counter();
for (let i = 0; i <= 9; i++) write(i);
let count;
for (let i = 2; i <= 9; i++) count = await tools.counter();
await sleep(0);
export default count - first + 2;
