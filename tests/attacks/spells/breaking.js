/// [open calls] end with calls still open
/// gives: "done"
sleep(60);
tools.slow({ seconds: 60 });
export default "done";

/// [open calls] fail with calls still open
/// fails: spell mine
sleep(60);
tools.slow({ seconds: 60 });
throw new Error("mine");

/// [dropped streams] leave a stream half-way
/// gives: "one"
let first = "none";
for await (const part of llm("scripted/model").stream("x")) { first = "one"; break; }
export default first;

/// [dropped streams] open many streams and leave them all
/// gives: 100
const all = [];
for (let i = 0; i < 100; i++) { const stream = llm("scripted/model").stream("x"); await stream.next(); all.push(stream); }
export default all.length;

/// [callbacks] fail in a callback of the host
/// fails: spell mine
await tools.twice({ f() { throw new Error("mine"); } });

/// [callbacks] never return from a callback
/// limits: timeout=0.3
/// fails: limit time limit
await tools.twice({ f: () => sleep(1e6) });

/// [callbacks] return a promise that never settles
/// limits: timeout=0.3
/// fails: limit time limit
await tools.twice({ f: () => new Promise(() => {}) });

/// [callbacks] loop in a callback
/// fails: limit CPU limit
await tools.twice({ f() { for (;;); } });

/// [callbacks] return from a callback what cannot cross
/// fails: value
await tools.twice({ f: () => print });

/// [callbacks] call the host from the callback that the host called
/// gives: [[[1,1],[1,1]],[[1,1],[1,1]]]
const inner = (x) => x;
const middle = (x) => tools.twice({ f: inner, x });
export default await tools.twice({ f: (x) => tools.twice({ f: middle, x }), x: 1 });

/// [callbacks] recurse through the host without end
/// limits: max_calls=200
/// fails: limit limit of 200 calls
const f = () => tools.twice({ f });
await f();

/// [callbacks] end the run while the host waits for a callback
/// gives: "over"
await race(() => tools.twice({ f: () => sleep(60) }), () => sleep(0.01));
export default "over";

/// [killed workers] be killed while computing
/// only: process
/// limits: cpu=10
/// fails: internal worker process
for (;;);

/// [killed workers] be killed while waiting
/// only: process
/// fails: internal worker process
await sleep(60);

/// [killed workers] be killed between thousands of calls
/// only: process
/// limits: max_calls=10000000
/// fails: internal worker process
for (;;) await tools.echo({ value: [1] });

/// [killed workers] be killed with streams and callbacks open
/// only: process
/// limits: max_calls=10000000
/// fails: internal worker process
await parallel(() => tools.twice({ f: () => sleep(60) }),
  async () => { for (;;) for await (const _ of llm("scripted/model").stream("x")); });
