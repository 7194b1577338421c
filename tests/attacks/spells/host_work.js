/// [schemas] describe a tool by a schema that doubles at every line
/// gives: ["value","value","value"]
const attempt = (work) => work().then(() => "done", (e) => e.kind);
const $defs = { d100: { type: "integer" } };
for (let i = 0; i < 100; i++) { const one = { $ref: `#/$defs/d${i + 1}` }; $defs[`d${i}`] = { anyOf: [one, one] }; }
const doubling = { $defs, type: "object", properties: { v: { $ref: "#/$defs/d0" } } };
const made = tool({ name: "made", parameters: doubling, run: () => 1 });
export default [await attempt(() => made.call({ v: "x" })), await attempt(() => llm().extract("x", doubling)),
  await attempt(() => llm().complete("x", { schema: doubling }))];

/// [schemas] have every field looked at twice at each of forty levels
/// gives: "value"
let schema = { type: "object" };
for (let i = 0; i < 40; i++) schema = { allOf: [schema], unevaluatedProperties: false };
const made = tool({ name: "made", parameters: { type: "object", properties: { v: schema } }, run: () => 1 });
export default await made.call({ v: { a: 1 } }).catch((e) => e.kind);

/// [schemas] name lists of lists without end
/// gives: ["value","value"]
const deep = "string" + "[]".repeat(1_000_000);
const attempt = (work) => work().then(() => "done", (e) => e.kind);
const made = tool({ name: "made", parameters: { v: deep }, run: () => 1 });
export default [await attempt(() => made.call({ v: [] })), await attempt(() => llm().extract("x", { v: deep }))];

/// [schemas] hold a deep value against a schema that has many ways into itself
/// gives: ["value","it does not fit its schema"]
const anyOf = [..."abcdefgh"].map((name) => ({ properties: { a: { $ref: "#/properties/v" } }, required: [`b${name}`] }));
let value = 1;
for (let i = 0; i < 100; i++) value = { a: value };
const made = tool({ name: "made", parameters: { type: "object", properties: { v: { anyOf } } }, run: () => 1 });
export default await made.call({ v: value }).catch((e) => [e.kind, e.message.match(/it does.*/)[0]]);

/// [schemas] have a model told of types that lead to each other
/// gives: "one two three four five"
const properties = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`f${at}`, { $ref: "#" }]));
const made = tool({ name: "made", parameters: { type: "object", properties }, run: () => 1 });
export default (await agent({ tools: [made], code: "js" }).run("x")).text;

/// [names] load a module and a spell that stand in a million folders
/// gives: ["not_found","not_found"]
const name = "a/".repeat(1_000_000) + "b";
export default [await import(name).catch((e) => e.kind), await spell.run(name).catch((e) => e.kind)];

/// [names] misspell what there is by half a million letters
/// gives: ["not_found","not_found","not_found","type"]
const name = "x".repeat(500_000);
const attempt = (work) => work().then(() => "done", (e) => e.kind);
export default [await attempt(() => llm(name).complete("x")), await attempt(() => llm(`scripted${name}/x`).complete("x")),
  await attempt(() => tools[name]({})), await attempt(() => llm().complete("x", { [name]: 1 }))];

/// [rules] give a child a hundred thousand rules
/// gives: ["value","value"]
const rules = Array.from({ length: 100_000 }, (_, at) => `x${at}`);
const attempt = (kind) => spell.run("child", {}, { permissions: { [kind]: rules } }).then(() => "done", (e) => e.kind);
export default [await attempt("read"), await attempt("net")];

/// [documents] remember tables and lists that unfold to gigabytes
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: ["value","value"]
const load = async (name, text) => { await fs.write(name, text); return memory("notes", { meaning: false }).load(name).then(() => "loaded", (e) => e.kind); };
export default [await load("granted/x.csv", "h".repeat(100_000) + "\n" + "x\n".repeat(100_000)),
  await load("granted/x.json", "[".repeat(500) + "1,".repeat(500_000) + "1" + "]".repeat(500))];

/// [documents] remember headings that are mostly blanks
/// gives: 1
export default (await memory("notes", { meaning: false }).add("# a" + " ".repeat(200_000) + "b\n" + "# ".repeat(200_000) + "\n")).documents;

/// [patterns] search for a plain text that nearly fits everywhere
/// gives: [0,0]
const text = "a".repeat(1_000_000), pattern = "A".repeat(999) + "b";
export default [(await tools.text_search({ text, pattern, ignore_case: true })).count, (await tools.text_search({ text, pattern })).count];

/// [SQL] call functions that no clock stops
/// allow: {"read": ["granted"]}
/// gives: ["value","value","value",0]
const ask = (call) => tools.sqlite_query({ database: "granted/fine.db", sql: `SELECT ${call} AS v` }).then((told) => told.rows[0].v, (e) => e.kind);
const long = "hex(zeroblob(1000000))", longer = "hex(zeroblob(2000000))";
export default [await ask(`instr(${longer}, ${long}||'b')`), await ask(`replace(${longer}, ${long}||'b', 'c')`),
  await ask(`json_patch(json_object('a', ${long}), '{}')`), await ask(`length(trim(${longer}, ${long}||'b'))`)];

/// [deep trees] have a tree removed that is deeper than any path is long
/// only: process
/// allow: {"read": ["granted"], "write": ["granted"]}
/// limits: cpu=60 timeout=90
/// gives: ["value",true,true,true]
const down = "/d".repeat(400), part = "granted/t" + down;
for (const round of [1, 2, 3]) {
  await fs.make(part);
  if (round > 1) await fs.move("granted/deep", part + "/x");
  await fs.move("granted/t", "granted/deep");
}
const remove = (name) => fs.remove(name, { recursive: true }).then(() => true, (e) => e.kind);
const refused = await remove("granted/deep");
await fs.move("granted/deep" + down + "/x", "granted/more");
await fs.move("granted/more" + down + "/x", "granted/most");
export default [refused, await remove("granted/deep"), await remove("granted/more"), await remove("granted/most")];

/// [streams] keep more files open than there are descriptors
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: [100,"value"]
await fs.write("granted/lines.txt", "line\n".repeat(50_000));
const kept = [];
let kind = null;
try {
  for (let i = 0; i < 1000; i++) { const lines = fs.lines("granted/lines.txt")[Symbol.asyncIterator](); await lines.next(); kept.push(lines); }
} catch (e) { kind = e.kind; }
export default [kept.length, kind];

/// [kept objects] make agents of more text than a script may hold
/// gives: "value"
const instructions = "x".repeat(1_000_000);
let kind = null;
try { for (let i = 0; i < 100; i++) await agent({ instructions }).save(); } catch (e) { kind = e.kind; }
export default kind;

/// [large scripts] load as a module what is larger than a script may be
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: ["value","value"]
const part = "//x\n".repeat(1_000_000);
for (let i = 0; i < 5; i++) await fs.write("granted/large.js", part, { append: i > 0 });
export default [await import("large").catch((e) => e.kind), await spell.run("large").catch((e) => e.kind)];

/// [other models] name another model than the one that was granted, beside it
/// allow: {"models": ["keyed/cheap"]}
/// gives: ["value","value","value","permission","permission"]
const attempt = (work) => work().then(() => "done", (e) => e.kind);
const cheap = llm("keyed/cheap");
export default [await attempt(() => cheap.complete("x", { extra: { model: "dear" } })),
  await attempt(async () => { for await (const _ of cheap.stream("x", { extra: { models: ["dear"] } })); }),
  await attempt(() => agent({ model: "keyed/cheap", options: { extra: { model: "dear" } } }).run("x")),
  await attempt(() => llm("keyed/cheap/../dear").complete("x")), await attempt(() => llm("keyed/./cheap").complete("x"))];

/// [answers] ask for more at once than a script may hold
/// fails: limit exceeded by answers that wait
const text = await blob.fromText("x".repeat(4_000_000));
await Promise.all(Array.from({ length: 100 }, async () => (await blob.text(text)).length));
print("went on");
