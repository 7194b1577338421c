const err = await timeout(0.2, () => run("sh", ["-c", "sleep 30; echo bad > late"])).catch((error) => error);
const first = await race(() => run("sleep", ["30"]), () => "quick");
export default [err.kind, first];
