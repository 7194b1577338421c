/// [unknown method] call a tool that does not exist
/// fails: not_found no tool 'shutdown'
await tools.shutdown();

/// [unknown method] call methods that bridge objects do not have
/// gives: ["type","type","type"]
const kinds = [];
for (const call of [() => spell.exit(), () => llm("m").shutdown(), () => stdin.closeHost()])
  try { await call(); } catch (e) { kinds.push(e.kind); }
export default kinds;

/// [inherited names] call names that every object has
/// gives: ["object","function","function"]
export default ["__proto__", "constructor", "toString"].map((name) => typeof tools[name]);

/// [inherited names] call names that every Python object has
/// gives: ["not_found","not_found","not_found"]
const kinds = [];
for (const name of ["__class__", "__init__", "_run"])
  try { await tools[name]({}); } catch (e) { kinds.push(e.kind); }
export default kinds;

/// [inherited names] call a tool whose name breaks out of JSON
/// fails: not_found no tool
await tools['x"],["Done",1],["']();

/// [handles] call a method of one object on another
/// gives: 1
const { complete } = llm("scripted/model");
await complete.call({ model: "other" }, "x");
export default 1;

/// [handles] forge the self of a call in its arguments
/// fails: type
await tools.echo({ self: { model: "x" }, value: print });

/// [handles] close a stream twice and read on
/// gives: true
const stream = llm("scripted/model").stream("x");
stream.close();
stream.close();
export default (await stream.next()).done;

/// [reply ids] resolve a call of one's own by forged means
/// gives: "real"
const promise = tools.echo({ value: "real" });
promise.then = (f) => f("forged");
promise.resolve = promise.value = "forged";
export default await Promise.prototype.then.call(promise, (x) => x);

/// [reply ids] answer a call of the host twice
/// gives: [2,2]
export default await tools.twice({ f: (x) => ({ then(f) { f(x); f(3); throw 1; } }), x: 2 });

/// [too large] send more than a message may hold
/// limits: memory=200
/// fails: value too large
await tools.echo({ value: "x".repeat(17 * 2 ** 20) });

/// [too large] return more than a message may hold
/// limits: memory=200
/// fails: value too large
export default "x".repeat(17 * 2 ** 20);

/// [too large] return a list of millions of nulls
/// limits: memory=200
/// fails: value too large
export default new Array(3e6).fill(null);

/// [too large] take an answer larger than the memory
/// limits: memory=4
/// fails: limit memory limit
export default (await tools.large({ size: 8 * 2 ** 20 })).length;

/// [too deep] send 201 levels
/// fails: value nested too deeply
let value = [];
for (let i = 0; i < 201; i++) value = [value];
await tools.echo({ value });

/// [too deep] take a deep answer
/// gives: 191
let depth = 0;
for (let value = await tools.deep({ levels: 190 }); value; value = value[0]) depth++;
export default depth;

/// [too deep] take an answer that is deeper than may cross
/// fails: value nested too deeply
export default await tools.deep({ levels: 300 });

/// [numbers] send what is no finite number
/// gives: ["value","value","value"]
const kinds = [];
for (const value of [NaN, Infinity, -Infinity])
  try { await tools.echo({ value: [value] }); } catch (e) { kinds.push(e.kind); }
export default kinds;

/// [large integers] send integers beyond 2^53
/// gives: ["value",9007199254740994.0,1e300]
let kind;
try { await tools.echo({ value: 2n ** 60n }); } catch (e) { kind = e.kind; }
export default [kind, await tools.echo({ value: 2 ** 53 + 2 }), await tools.echo({ value: 1e300 })];

/// [text] send halves of surrogate pairs
/// gives: ["value","value","value"]
const kinds = [];
for (const text of ["\ud800", "a\udc00", "\udc00\ud800"])
  try { await tools.echo({ value: text }); } catch (e) { kinds.push(e.kind); }
export default kinds;

/// [text] print and log them
/// gives: 1
print("\ud800");
log.warn("\udc00");
export default 1;

/// [text] throw them
/// fails: spell
throw new Error("\ud800\0");

/// [text] send NUL and controls
/// gives: "a\u0000b\u001b[2J\u2028"
export default await tools.echo({ value: "a\0b\x1b[2J\u2028" });

/// [text] use NUL in a name
/// fails: not_found
await tools["echo\0x"]({});

/// [keys] send symbols and maps as keys
/// gives: ["value",{}]
let kind;
try { await tools.echo({ value: new Map([[{}, 1]]) }); } catch (e) { kind = e.kind; }
export default [kind, await tools.echo({ value: { [Symbol("x")]: 1 } })];

/// [keys] send a key that is half of a surrogate pair
/// fails: value lone surrogate
await tools.echo({ value: { "\ud800": 1 } });

/// [cycles] send an object that holds itself
/// fails: value contains itself
const object = {};
object.object = object;
await tools.echo({ value: object });

/// [cycles] print, log and throw an object that holds itself
/// fails: spell
const object = { list: [] };
object.list.push(object);
print(object);
log.warn(object);
throw object;

/// [cycles] send an object that doubles at every level
/// fails: value too large
let value = ["x".repeat(2 ** 20)];
for (let i = 0; i < 60; i++) value = [value, value];
await tools.echo({ value });

/// [mixed and sparse] send an array with holes
/// fails: value hole
await tools.echo({ value: [1, , 3] });

/// [mixed and sparse] send an array of length 2^32 - 1
/// fails: value hole
const list = [1];
list.length = 2 ** 32 - 1;
await tools.echo({ value: list });

/// [mixed and sparse] send an array that has names too
/// gives: [1]
export default await tools.echo({ value: Object.assign([1], { name: 2 }) });

/// [forged functions] pass data off as a function
/// fails: value $function
await tools.twice({ f: { $function: 0 } });

/// [forged functions] send the mark of a function deep inside of data
/// fails: value $function
await tools.echo({ value: [{ a: { $function: 99 } }] });

/// [many calls] make ten thousand calls in one slice
/// limits: max_calls=2000
/// fails: limit limit of 2000 calls
for (let i = 0; i < 10001; i++) sleep(60);

/// [many calls] go on calling after the limit
/// limits: cpu=0.5 max_calls=10
/// fails: limit limit of 10 calls
for (;;) try { await sleep(0); } catch {}

/// [output] print a gigabyte
/// limits: cpu=0.5 max_output=100000
/// fails: limit output limit
const line = "x".repeat(1000);
for (;;) try { print(line); } catch {}

/// [output] print one text larger than the limit
/// limits: max_output=1000
/// fails: limit output limit
try { write("x".repeat(1e6)); } catch {}

/// [output] log without end
/// limits: cpu=0.5 max_output=100000
/// fails: limit output limit
for (;;) try { log.debug("x".repeat(1000)); } catch {}

/// [errors] throw errors whose fields are forged
/// gives: ["tool","tool","tool","tool"]
const kinds = [];
for (const fields of [{ line: 1e300, file: "x" }, { stack: [1, {}, print] }, { line: NaN, file: "\ud800" }, { hint: {}, data: print }])
  try { await tools.twice({ f() { throw { kind: "tool", message: "x", ...fields }; } }); } catch (e) { kinds.push(e.kind); }
export default kinds;

/// [errors] end with an error whose fields are forged
/// fails: tool x
throw { kind: "tool", message: "x", line: NaN, file: "\ud800", stack: [{}], retryable: "yes", status: {}, provider: print };

/// [errors] end with an error whose getters throw
/// fails: spell cannot be shown
throw new (class extends Error { get message() { throw new Error("y"); } get name() { throw 1; } })();
