const smart = llm({ fallback: ["scripted/first", "scripted/second"] }, { temperature: 0 });
let err;
await smart.complete("Hi").catch((error) => (err = error));
export default { ok: false, kind: err.kind, message: err.message, tried: err.data.tried, retryable: err.retryable };
