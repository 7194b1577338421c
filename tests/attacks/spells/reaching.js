/// [os] use the libraries of the quickjs program
/// gives: []
export default ["std", "os", "process", "require", "Deno", "Bun", "scriptArgs", "loadScript", "print_", "gc", "load",
  "Worker", "module", "fetch", "python"].filter((name) => name in globalThis && name !== "fetch");

/// [std] import the libraries of the engine
/// gives: ["not_found","not_found","not_found","not_found","not_found"]
const kinds = [];
for (const name of ["std", "os", "qjs:std", "/etc/passwd", "file:///etc/passwd"])
  try { await import(name); kinds.push("loaded"); } catch (e) { kinds.push(e.kind); }
export default kinds;

/// [std] import them by a statement
/// fails: not_found
import * as std from "std";
export default Object.keys(std);

/// [Function] build code that looks for another global object
/// gives: []
const outer = new Function("return this")() ?? globalThis;
const found = [];
if (outer !== globalThis) found.push("another this");
for (const F of [Function, (async () => {}).constructor, (function* () {}).constructor])
  if (F("return typeof std + typeof os + typeof process")() === "objectobjectobject") found.push("libraries");
export default found;

/// [Function] take the scope of the prelude
/// gives: ["undefined","undefined","undefined","undefined"]
export default ["natives", "outbox", "pending", "say"].map((name) => Function(`return typeof ${name}`)());

/// [Function] take it from a function of the host
/// gives: []
const found = [];
for (const fn of [print, sleep, llm, tools.echo, json.encode, setTimeout, Date, parallel])
  for (const name of ["caller", "arguments", "callee"])
    try { if (fn[name]) found.push(name); } catch {}
export default found;

/// [Function] read the source of the prelude
/// gives: false
export default [print, sleep, llm, json.encode].some((fn) => `${fn}`.length > 2000);

/// [eval] reach the prelude by direct and by indirect eval
/// gives: ["undefined","undefined"]
export default [eval("typeof natives"), (0, eval)("typeof door")];

/// [eval] replace eval before a part of the prelude is compiled
/// gives: [1,[1,2],"[1]"]
let seen = 0;
globalThis.eval = () => { seen++; return () => ({}); };
Function.prototype.call = () => { seen++; };
export default [await tools.echo({ value: 1 }), await parallel(async () => 1, async () => 2), json.encode([1])];

/// [import] import inside of built code
/// gives: 0
let loaded = 0;
for (const name of ["std", "os", "./attack.js", "/etc/passwd", "<input>x"])
  for (const load of [(0, eval)("(n) => imp" + "ort(n)"), new Function("n", "return imp" + "ort(n)")])
    try { await load(name); loaded++; } catch {}
export default loaded;

/// [import.meta] look at what a module knows of itself
/// gives: []
export default Object.keys(import.meta).filter((name) => `${import.meta[name]}`.startsWith("/"));

/// [constructor] climb constructors out of the context
/// gives: ["undefined","undefined","undefined","undefined"]
export default [[], print, tools, (await tools.echo({ value: {} }))]
  .map((thing) => thing.constructor.constructor("return typeof std")());

/// [constructor] climb from an error of the host
/// gives: "undefined"
let caught;
try { await tools.fail({}); } catch (e) { caught = e; }
export default caught.constructor.constructor("return typeof process")();

/// [getters] give the host an object whose getter never returns
/// fails: limit CPU limit
export default { get value() { for (;;); } };

/// [getters] change the object while the host reads it
/// gives: {"a":1,"b":2}
const object = { get a() { delete this.c; this.d = 4; return 1; }, b: 2, c: 3 };
export default object;

/// [getters] grow an array while the host reads it
/// gives: 3
const list = [0, 1, 2];
Object.defineProperty(list, 0, { enumerable: true, get() { list.push(3); return 0; } });
export default (await tools.echo({ value: list })).length;

/// [toJSON] return itself, something endless, or something else each time
/// fails: value nested too deeply
class Deeper { toJSON() { return new Deeper(); } }
export default new Deeper();

/// [toJSON] give every object a toJSON
/// gives: [{"a":1},"text"]
Object.prototype.toJSON = String.prototype.toJSON = Array.prototype.toJSON = () => "forged";
export default await tools.echo({ value: [{ a: 1 }, "text"] });

/// [proxies] return a proxy with traps
/// fails: spell trap
export default new Proxy({}, { ownKeys() { throw new Error("trap"); } });

/// [proxies] return a proxy that lists names without end
/// fails: spell
export default new Proxy({}, { ownKeys: () => ["a", "a"], getOwnPropertyDescriptor: () => undefined });

/// [proxies] return an array proxy of endless length
/// fails: limit
export default new Proxy([], { get: (_, name) => (name === "length" ? 2 ** 32 : 1), has: () => true,
  getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) });

/// [proxies] return a revoked proxy
/// fails: spell
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
export default proxy;

/// [proxies] change the bridge objects themselves
/// gives: [false,false,false,true]
const model = llm("m");
const tried = [spell, model, json].map((thing) => {
  try { thing.complete = thing.encode = thing.usage = 1; return thing.complete === 1; } catch { return false; }
});
export default [...tried, Object.isFrozen(model)];

/// [prototypes] pollute Object.prototype
/// gives: {"kind":"tool","value":{"a":1}}
for (const name of ["kind", "message", "get", "set", "value", "spec", "task", "writable", "enumerable", "signal", "0"])
  Object.defineProperty(Object.prototype, name, { __proto__: null, configurable: true, set() { throw "poison"; },
    get() { return undefined; } });
let caught;
try { await tools.fail({}); } catch (e) { caught = e; }
export default { __proto__: null, ["kind"]: caught.kind, ["value"]: await tools.echo(JSON.parse('{"value":{"a":1}}')) };

/// [prototypes] pollute Array.prototype
/// gives: [[1,2],"[1]"]
for (const name of ["push", "map", "join", "slice", "forEach", "concat", "toString"])
  Array.prototype[name] = () => { throw "poison"; };
Array.prototype[Symbol.iterator] = () => { throw "poison"; };
Object.defineProperty(Array.prototype, 5, { set() { throw "poison"; } });
const value = await tools.echo({ value: [1, 2] });
const both = [];
both[0] = value;
both[1] = json.encode([1]);
export default both;

/// [prototypes] pollute Promise
/// gives: 5
Promise.prototype.then = () => { throw "poison"; };
Promise.resolve = Promise.all = () => { throw "poison"; };
globalThis.Promise = function () { throw "poison"; };
export default await tools.echo({ value: 5 });

/// [prototypes] pollute JSON, Map, Reflect and Object
/// gives: {"a":[1]}
JSON.parse = JSON.stringify = () => { throw "poison"; };
Object.keys = Object.defineProperty = Object.getPrototypeOf = Reflect.apply = () => { throw "poison"; };
for (const type of [Map, WeakMap, Set])
  for (const name of ["get", "set", "has", "delete", "forEach", "add"])
    if (name in type.prototype) type.prototype[name] = () => { throw "poison"; };
export default await tools.echo({ value: { a: [1] } });

/// [prototypes] pollute Error, then fail
/// fails: spell mine
Object.defineProperty(Error, Symbol.hasInstance, { value() { throw "poison"; } });
Error.prototype.toString = () => { throw "poison"; };
try { Error.prepareStackTrace = () => { throw "poison"; }; } catch {}
throw new Error("mine");

/// [prototypes] use __proto__ as a key of data
/// gives: [true,true]
const back = await tools.echo({ value: JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') });
export default [({}).polluted === undefined, Object.hasOwn(back, "__proto__")];

/// [thenables] return an object whose then answers twice
/// gives: 1
export default { then(resolve) { resolve(1); resolve(2); } };

/// [thenables] return one that never answers
/// fails: spell never happens
export default { then() {} };

/// [thenables] return one that answers with another, without end
/// fails: limit CPU limit
const again = { then(resolve) { resolve(again); } };
export default again;

/// [thenables] give every object a then
/// gives: 1
Object.prototype.then = function (resolve) { delete Object.prototype.then; resolve(1); };
export default {};

/// [species] let a subclass of Array choose what the host gets
/// gives: [1,2]
class Mine extends Array { static get [Symbol.species]() { return function () { for (;;); }; } }
export default await tools.echo({ value: Mine.from([1, 2]) });

/// [species] let a subclass of Promise choose
/// fails: spell poison
class Mine extends Promise { static get [Symbol.species]() { throw "poison"; } }
export default await new Mine((resolve) => resolve(7));
