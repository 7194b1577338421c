/// [plain loop] loop for ever
/// fails: limit CPU limit
for (;;);

/// [plain loop] loop in a labelled block
/// fails: limit CPU limit
again: for (;;) continue again;

/// [protected loop] loop inside of try, catch and finally
/// fails: limit CPU limit
try { for (;;); } catch { for (;;); } finally { for (;;); }

/// [protected loop] return from finally for ever
/// fails: limit CPU limit
const f = () => { for (;;) try { throw 1; } catch { continue; } finally { continue; } };
f();

/// [coroutines] loop in a generator
/// fails: limit CPU limit
function* g() { for (;;) yield 1; }
for (const _ of g());

/// [coroutines] loop in the finally of a generator
/// fails: limit CPU limit
function* g() { try { yield 1; } finally { for (;;); } }
for (const _ of g()) break;

/// [metamethods] loop in getters, setters and traps
/// fails: limit CPU limit
const spin = () => { for (;;); };
const proxy = new Proxy({}, { get: spin, has: spin, ownKeys: spin });
try { proxy.x; } catch {}
try { "x" in proxy; } catch {}

/// [metamethods] loop in toString, valueOf and Symbol.toPrimitive
/// fails: limit CPU limit
const thing = { toString: () => { for (;;); }, [Symbol.toPrimitive]: () => { for (;;); } };
try { `${thing}`; } catch {}
print(thing + 1);

/// [finalizers] loop in a finalizer
/// fails: limit
const registry = new FinalizationRegistry(() => { for (;;); });
for (let i = 0; i < 50; i++) { const a = {}; a.self = a; registry.register(a, i); }
for (let all = []; ; ) { all = [all]; if (Math.random() < 1e-4) { all = []; await null; } }

/// [comparators] loop in a comparator
/// fails: limit CPU limit
[2, 1].sort(() => { for (;;); });

/// [comparators] sort with an order that is none
/// fails: limit CPU limit
const list = Array.from({ length: 2000 }, (_, i) => i);
for (;;) list.sort(() => Math.random() - 0.5);

/// [replacers] loop in a replacer
/// fails: limit CPU limit
"x".replace(/x/, () => { for (;;); });

/// [replacers] loop in a reviver
/// fails: limit CPU limit
JSON.parse("[1]", () => { for (;;); });

/// [iterators] iterate without end
/// fails: limit CPU limit
for (const _ of { [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) });

/// [iterators] spread without end
/// fails: limit
[...{ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) }];

/// [iterators] iterate an async iterator without end
/// fails: limit CPU limit
for await (const _ of { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false }) }) });

/// [iterators] iterate streams of the host without end
/// limits: max_calls=50
/// fails: limit limit of 50 calls
for (;;) for await (const _ of llm("scripted/model").stream("x"));

/// [promises] chain promises without end
/// fails: limit
const f = () => Promise.resolve().then(f);
await f();

/// [promises] loop in an executor
/// fails: limit CPU limit
new Promise(() => { for (;;); }).catch(() => {});
await new Promise(() => {});

/// [promises] loop in a job
/// fails: limit CPU limit
Promise.resolve().then(() => { for (;;); });
await new Promise(() => {});

/// [promises] loop in a rejection handler, again and again
/// fails: limit CPU limit
const again = () => Promise.reject(1).catch(() => { try { for (;;); } finally { again(); } });
again();
await new Promise(() => {});

/// [promises] loop in the then of a thenable
/// fails: limit CPU limit
await { then() { for (;;); } };

/// [promises] loop in an async function that nobody awaits
/// fails: limit CPU limit
(async () => { await null; for (;;); })().catch(() => {});
(async () => { for (;;) await null; })();
await sleep(0.05);
await new Promise(() => {});

/// [promises] queue microtasks without end
/// fails: limit CPU limit
const again = () => queueMicrotask(again);
again();
await sleep(1);

/// [after an await] loop after an answer
/// fails: limit CPU limit
await sleep(0.01);
for (;;) try { throw 1; } catch {}

/// [after an await] loop in a task after an answer
/// fails: limit CPU limit
await parallel(async () => { await sleep(0.01); for (;;); }, () => sleep(60));

/// [after an await] loop in a timer
/// fails: limit CPU limit
setTimeout(() => { for (;;); }, 0);
await sleep(1);

/// [backtracking] match an expression that takes exponential time
/// fails: limit CPU limit
/(x+x+)+y/.test("x".repeat(40));

/// [backtracking] the same in replace, split and matchAll
/// fails: limit CPU limit
const text = "x".repeat(40);
for (const f of [() => text.replace(/(x+x+)+y/, ""), () => text.split(/(x+x+)+y/), () => [...text.matchAll(/(x+x+)+y/g)]])
  try { f(); } catch {}

/// [backtracking] look behind and refer back
/// fails: limit CPU limit
/(?<=(a*)*)b|(a*)*\2c/.test("a".repeat(200));

/// [backtracking] compile an expression that is huge
/// fails: spell
new RegExp("(".repeat(1e5));

/// [backtracking] repeat a group a billion times
/// fails: limit
for (;;) try { new RegExp("(a{1,1000}){1,1000}".repeat(100)).test("a".repeat(1e4)); } catch {}

/// [string building] repeat a text to half a gigabyte
/// fails: limit memory limit
export default "x".repeat(2 ** 29).length;

/// [string building] repeat it inside of try
/// fails: limit
for (;;) try { "x".repeat(2 ** 29); } catch {}

/// [string building] join a long array again and again
/// fails: limit
/// inline: hangs
const list = new Array(1e6).fill("x");
for (;;) try { list.join(); } catch {}

/// [string building] double a text until the memory is full
/// fails: limit
let s = "x";
for (;;) { s += s; s.length > 1e6 && s.indexOf("y"); }

/// [string building] pad and replace to a gigabyte
/// fails: limit
for (;;) try { "x".padStart(2 ** 29); "x".repeat(1e4).replaceAll("x", "y".repeat(1e5)); } catch {}

/// [sorting] sort millions
/// limits: memory=200 cpu=0.4
/// fails: limit CPU limit
/// inline: hangs
const list = new Float64Array(2e6).map((_, i) => (i * 7919) % 1000003);
for (;;) Array.from(list).sort();

/// [sorting] splice at the front of a long array
/// fails: limit CPU limit
const list = new Array(1e5).fill(0);
for (;;) { list.unshift(1); list.shift(); }

/// [filling] fill an array of a billion
/// fails: limit
new Array(1e9).fill(0);

/// [filling] do so inside of try, and go on
/// fails: limit
/// inline: hangs
for (;;) try { new Array(1e9).fill(0); } catch {}

/// [filling] walk an array of length 2^32 - 1
/// fails: limit CPU limit
const list = [];
list.length = 2 ** 32 - 1;
list.indexOf(1);
list.reverse();

/// [filling] make an array of an object that claims a length
/// fails: spell RangeError
Array.from({ length: 2 ** 40 });

/// [BigInt] raise to a huge power
/// fails: spell RangeError
for (let n = 3n; ; ) n = n ** 1000n;

/// [BigInt] write a huge number in another base
/// fails: limit
/// inline: hangs
for (;;) BigInt("1" + "0".repeat(300000)).toString(3);

/// [BigInt] shift by a huge count
/// fails: limit
for (let n = 1n; ; ) try { n = 1n << (2n ** 40n); n = 7n << 100000000n; } catch {}

/// [stringify] write deeply nested objects
/// fails: spell
let p = {};
for (let i = 0; i < 2e5; i++) p = { p };
JSON.stringify(p);

/// [stringify] write an object that grows at every level
/// fails: limit
/// inline: hangs
let p = ["x"];
for (let i = 0; i < 40; i++) p = [p, p];
for (;;) try { JSON.stringify(p); } catch {}

/// [stringify] clone and show what is nested deeply
/// fails: spell
let p = {};
for (let i = 0; i < 1e5; i++) p = { p };
print(p);
structuredClone(p);

/// [format] write numbers with huge precision
/// gives: ["RangeError","RangeError","RangeError"]
export default [() => (1).toFixed(1e9), () => (1).toPrecision(1e9), () => (1).toString(1e9)].map((f) => {
  try { f(); return "done"; } catch (e) { return e.name; }
});

/// [typed arrays] allocate gigabytes
/// fails: limit
for (;;) try { new Uint8Array(2 ** 30); new ArrayBuffer(2 ** 31); } catch {}

/// [typed arrays] resize a buffer while it is read
/// gives: "done"
const buffer = new ArrayBuffer(1000, { maxByteLength: 2000 });
const view = new Uint8Array(buffer);
for (const f of [
  () => view.fill({ valueOf() { buffer.resize(0); return 1; } }),
  () => view.set({ length: 5, get 0() { buffer.resize(10); return 1; } }),
  () => view.sort((a, b) => { buffer.resize(1); return a - b; }),
  () => view.subarray(0, { valueOf() { buffer.resize(0); return 5; } }),
]) try { buffer.resize(1000); f(); } catch {}
export default "done";

/// [typed arrays] share memory between threads
/// gives: [true,true,true]
export default [typeof SharedArrayBuffer === "undefined", typeof Atomics === "undefined", typeof Worker === "undefined"];

/// [recursion] recurse without end
/// fails: spell RangeError
const f = () => f() + 1;
f();

/// [recursion] recurse without end and catch it
/// fails: limit CPU limit
const f = () => f() + 1;
for (;;) try { f(); } catch {}

/// [recursion] recurse through getters, proxies and toString
/// gives: ["RangeError","RangeError","RangeError"]
const a = { get x() { return this.x; } };
let p = {};
for (let i = 0; i < 5e4; i++) p = new Proxy(p, {});
const t = { toString() { return `${this}`; } };
export default [() => a.x, () => p.x, () => `${t}`].map((f) => { try { return f(); } catch (e) { return e.name; } });

/// [recursion] recurse through native callbacks
/// fails: spell RangeError
const f = () => [1].map(f);
f();

/// [recursion] recurse in two branches that both catch
/// fails: limit CPU limit
const f = () => { try { f(); } catch {} try { f(); } catch {} };
f();

/// [deep parsing] compile deeply nested source
/// gives: ["RangeError","RangeError","RangeError"]
export default ["(".repeat(1e5), "[".repeat(1e5), "{".repeat(1e5) + ")"].map((text) => {
  try { (0, eval)(text); return "done"; } catch (e) { return e.name === "InternalError" ? "RangeError" : e.name; }
});

/// [deep parsing] parse deeply nested JSON
/// gives: ["RangeError","value"]
const names = [];
try { JSON.parse("[".repeat(1e5)); } catch (e) { names.push(e.name); }
try { json.decode("[".repeat(1e5)); } catch (e) { names.push(e.kind); }
export default names;

/// [deep parsing] compile a source of many megabytes
/// fails: limit
/// inline: hangs
const text = "x = 1;".repeat(1e6);
for (;;) try { new Function(text); } catch {}

/// [a million] make promises by the million
/// fails: limit memory limit
for (const all = []; ; ) all.push(new Promise(() => {}));

/// [a million] start async functions by the million
/// fails: limit
for (const all = []; ; ) all.push((async () => { await new Promise(() => {}); })());

/// [a million] make bridge objects by the million
/// fails: limit
for (const all = []; ; ) all.push(llm(`m${all.length}`));

/// [timers] set timers by the million
/// limits: max_calls=3000
/// fails: limit limit of 3000 calls
for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 1e9);

/// [timers] sleep for ever
/// limits: timeout=0.3
/// fails: limit time limit
await sleep(1e6);

/// [timers] repeat a timer of no time for ever
/// limits: timeout=0.3 max_calls=1000000
/// fails: limit time limit
setInterval(() => {}, 0);
await new Promise(() => {});

/// [timers] set timers of odd lengths
/// gives: 5
let n = 0;
for (const ms of [NaN, -1, -Infinity, "x", {}]) setTimeout(() => n++, ms);
await sleep(0.05);
export default n;

/// [memory] fill an array
/// fails: limit memory limit
for (const all = []; ; ) all.push(new Array(1000).fill(1));

/// [memory] fill it in pieces, and catch it
/// fails: limit
const all = [];
for (;;) try { for (;;) all.push({ a: [1] }); } catch {}

/// [memory] fill it with strings that share their parts
/// fails: limit memory limit
for (const all = []; ; ) all.push("x".repeat(1e5) + all.length);

/// [memory] fill it from answers
/// limits: memory=8
/// fails: limit memory limit
for (const all = []; ; ) all.push(await tools.large({ size: 2 ** 20 }));

/// [memory] fill maps, sets and weak maps
/// fails: limit memory limit
const map = new Map();
const weak = new WeakMap();
for (let i = 0; ; i++) { const key = {}; map.set(key, i); weak.set(key, [i]); }

/// [catching the limit] catch the CPU limit and print
/// fails: limit CPU limit
try { for (;;); } catch { print("went on"); }
try { await tools.echo({ value: 1 }); } finally { print("went on"); }
export default "went on";

/// [catching the limit] catch the memory limit and go on
/// fails: limit memory limit
try { "x".repeat(2 ** 29); } catch {}
export default "went on";

/// [catching the limit] fill the memory in a promise and go on
/// fails: limit memory limit
await Promise.allSettled([(async () => new Uint8Array(2 ** 29))()]);
await sleep(0.01);
export default "went on";

/// [catching the limit] catch the output limit and go on
/// limits: max_output=10
/// fails: limit output limit
try { print("x".repeat(100)); } catch {}
export default "went on";

/// [catching the limit] throw a limit of one's own
/// fails: spell mine
throw Object.assign(new Error("mine"), { kind: "limit" });

/// [catching the limit] pass it off as a lack of memory
/// fails: spell
throw null;

/// [after a limit] use the session again from a callback
/// fails: limit CPU limit
setTimeout(() => print("went on"), 10);
(async () => { await sleep(0.01); print("went on"); })();
try { for (;;); } finally { print("went on"); }

/// [filling] let one operation read a billion properties
/// fails: limit CPU limit
/// inline: hangs
String.raw({ raw: { length: 1e9 } });

/// [iterators] group what never ends
/// fails: limit
Object.groupBy({ *[Symbol.iterator]() { for (;;) yield 1; } }, (x) => x);

/// [replacers] write what a replacer makes deeper and deeper
/// fails: spell
JSON.stringify({ a: 1 }, (key, value) => ({ a: value }));

/// [recursion] set prototypes that lead through proxies in a circle
/// fails: limit CPU limit
const p = new Proxy({}, { getPrototypeOf: () => p });
({}) instanceof Object.assign(() => {}, { prototype: {} });
Object.setPrototypeOf(Object.setPrototypeOf({}, p), p);
p instanceof (class {});
