await tools.gauge({ reset: true });
const open = () => tools.gauge({ seconds: 0.05 });
const [, , most] = await parallel(open, open, open);
export default most;
