/// [nested budgets] run out of money in an agent that is a tool of an agent
/// limits: max_tokens=60
/// fails: limit budget
const inner = agent({ name: "inner", description: "Asks.", tools: ["echo"], limits: { maxTurns: 1000 } });
const order = json.encode([[["echo", { value: 1 }]], "again"]);
const outer = agent({ tools: [inner] });
for (;;) try { await outer.run(json.encode([[["inner", { prompt: order }]]])); } catch {}

/// [nested budgets] run out of calls in tools that agents call at once
/// limits: max_calls=40
/// fails: limit limit of 40 calls
const again = tool({ name: "again", run: async () => { try { await sleep(0); } catch {} return 1; } });
const order = json.encode([Array.from({ length: 30 }, () => ["again", {}])]);
const ask = () => agent({ tools: [again] }).run(order).catch(() => {});
await Promise.allSettled([ask(), ask(), ask()]);
print("went on");

/// [nested budgets] run out of it in children at once
/// limits: max_tokens=60
/// fails: limit budget
const code = "for (let i = 0; i < 9; i++) await llm().complete('hello', { maxTokens: 20 })";
const child = () => spell.run("child", { code }, { maxTokens: 1000 }).catch(() => {});
await Promise.allSettled([child(), child(), child()]);
print("went on");

/// [wider children] give a child more permissions than one has
/// allow: {"read": ["granted"], "models": ["scripted/small"], "tools": ["deep"]}
/// gives: ["permission","permission","permission","permission","permission","permission","permission","fine\n"]
const all = ["*"], permissions = { read: all, write: all, net: ["*", "127.0.0.1"], env: all, run: all, models: all, tools: all };
const attempt = (code) => spell.run("child", { code }, { permissions }).catch((e) => e.kind);
export default [await attempt("return fs.read('secret.txt')"), await attempt("await fs.write('granted/new', 'x')"),
  await attempt("return env.get('OPENAI_API_KEY')"), await attempt("return (await run('id')).stdout"),
  await attempt(`return (await http.get('http://127.0.0.1:${params.port}')).text`), await attempt("return llm('scripted/model').complete('x')"),
  await attempt("return tools.echo({ value: 1 })"), await attempt("return fs.read('granted/file.txt')")];

/// [wider children] give a child more money, calls and time than one has
/// limits: max_calls=30
/// fails: limit limit of 30 calls
const code = "for (;;) try { await sleep(0); } catch {}";
await spell.run("child", { code }, { maxCalls: 1e9, maxCost: 1e9, timeout: 1e6 }).catch(() => {});

/// [families] be a child that runs itself for ever
/// gives: true
const message = await spell.run("child", { again: true }).catch((e) => e.message);
export default message.includes("16");

/// [families] have more children than may be
/// limits: timeout=0.6
/// fails: limit time limit
await Promise.allSettled(Array.from({ length: 40 }, () => spell.run("child", { code: "await sleep(5)" })));
print("went on");

/// [hooks] change the arguments of a call to ones that the schema forbids
/// gives: [0,true]
let ran = 0;
const one = tool({ name: "one", parameters: { n: "integer" }, run: () => { ran++; } });
const helper = agent({ tools: [one], hooks: { tool_call: () => ({ change: { arguments: { n: "many" } } }) } });
const reply = await helper.run('[[["one",{"n":1}]]]').catch(() => null);
export default [ran, !reply || reply.messages[2].isError];

/// [hooks] name another tool and another model, which were not granted
/// allow: {"tools": ["echo"], "models": ["scripted/small"]}
/// gives: false
const hooks = { tool_call: () => ({ change: { name: "fail" } }), model_call: () => ({ change: { model: "scripted/model" } }) };
const reply = await agent({ model: "scripted/small", tools: ["echo"], hooks }).run('[[["echo",{"value":"x"}]]]').catch((e) => e.message);
export default json.encode(reply).includes("it failed") || json.encode(reply).includes("scripted/model");

/// [approval] have a hook approve what must be asked
/// gives: [0,true]
let ran = 0;
const mail = tool({ name: "mail", approval: "ask", run: () => { ran++; } });
const helper = agent({ tools: [mail], hooks: { tool_call: () => ({ change: { approval: "allow", approved: true } }) } });
const reply = await helper.run('[[["mail",{}]]]').catch(() => null);
export default [ran, !reply || reply.reason === "paused"];

/// [approval] answer with what is no decision
/// gives: 0
let ran = 0;
for (const given of ["ALLOW", "yes", 1, {}, "", null])
  await agent({ tools: [{ name: "mail", run: () => { ran++; }, approval: () => given }] }).run('[[["mail",{}]]]').catch(() => {});
export default ran;

/// [own tools] call a tool that calls itself
/// limits: max_calls=100
/// fails: limit limit of 100 calls
const again = tool({ name: "again", run: () => again.call({}).catch(() => {}) });
await again.call({});

/// [own tools] have an agent whose tool runs the agent
/// limits: max_calls=60
/// fails: limit limit of 60 calls
const order = '[[["again",{}]]]';
const again = tool({ name: "again", run: () => agent({ tools: [again] }).run(order).then(() => 1, () => 2) });
await agent({ tools: [again] }).run(order);

/// [colliding names] give two tools one name, or none
/// gives: ["value","value","value","value","value"]
const made = (name) => ({ name, run: () => {} });
const use = (...list) => Promise.resolve().then(() => agent({ tools: list }).run("x")).then(() => "made", (e) => e.kind);
export default [await use(made("one"), made("one")), await use(made("foo-bar"), made("foo_bar")), await use("echo", made("echo")),
  await use(made("a\0b")), await use(made(""))];

/// [code of models] reach for what spells have
/// allow: {"read": ["granted"], "env": ["*"], "run": ["id"], "net": ["127.0.0.1"]}
/// gives: [0,"paused",0]
const lines = ["fs.read('granted/file.txt')", "llm().complete('x')", `http.get('http://127.0.0.1:${params.port}/')`, "env.get('SAFE_NAME')",
  "spell.run('child', {code: 'return 1'})", "state.get('x')", "run('id')", "agent().run('x')", "import('./child.js')", "memory('x').count()",
  "tools.fail({})", "mcp('remote').tools()", "stdin.read()", "tools.run_code({code: '1'})"];
const code = `let reached = 0; ${lines.map((line) => `try { await ${line}; reached++; print(${json.encode(line)}); } catch {}`).join("\n")} reached`;
const reply = await agent({ tools: ["echo"], code: "js" }).run(json.encode([[["run_code", { code }]]]));
let ran = 0;
const mail = tool({ name: "mail", approval: "ask", run: () => { ran++; } });
const asked = await agent({ tools: [mail], code: "js" }).run(json.encode([[["run_code", { code: "try { await tools.mail({}) } catch {}" }]]]));
export default [Number(reply.messages[2].content.match(/\d+$/)?.[0]), asked.reason, ran];

/// [code of models] loop, and spend the calls of the spell
/// limits: max_calls=50
/// fails: limit limit of 50 calls
const codes = ["for (;;) {}", "for (;;) try { await tools.echo({ value: 1 }) } catch {}"];
await agent({ tools: ["echo"], code: { language: "js", cpu: 0.2 } }).run(json.encode(codes.map((code) => [["run_code", { code }]])));

/// [state] reach what another spell keeps
/// gives: 0
const code = `
let seen = 0;
const see = async (...args) => { try { if ((await state.get(...args)) != null) seen++; } catch {} };
for (const name of ["elsewhere", "../elsewhere", "other.lua", "./other", "..", "/", "child\\0other", "x".repeat(10000), "", "%", "*", "__proto__"]) {
  await see("key", null, { shared: name });
  await see(name);
}
return seen;`;
export default await spell.run("child", { code });

/// [state] keep what is too large
/// limits: memory=96
/// gives: ["value","value"]
const use = (...args) => Promise.resolve().then(() => state.set(...args)).then(() => "kept", (e) => e.kind);
export default [await use("k".repeat(5000), 1), await use("k", "x".repeat(17 * 2 ** 20))];

/// [state] write the file of states, and journals beside it that SQLite would believe
/// allow: {"read": ["."], "write": ["."]}
/// gives: ["permission","permission","permission","permission","permission","permission","permission",1]
const use = (f, ...args) => f(...args).then(() => "done", (e) => e.kind);
await fs.write("mine", "x");
await state.set("n", 1);
export default [await use(fs.write, "state.sqlite3", "x"), await use(fs.write, "state.sqlite3-journal", "x"),
  await use(fs.move, "mine", "state.sqlite3-journal"), await use(fs.copy, "mine", "granted/../state.sqlite3-wal"),
  await use(fs.remove, "state.sqlite3"), await use(fs.remove, ".", { recursive: true }),
  await use(tools.sqlite_query, { database: "state.sqlite3", sql: "DELETE FROM items", write: true }), await state.get("n")];

/// [memory] load what was not granted
/// allow: {"read": ["granted"]}
/// gives: ["permission","permission","permission","permission","value"]
const notes = memory("notes", { meaning: false });
const load = (path) => notes.load(path).then(() => "loaded", (e) => e.kind);
export default [await load("secret.txt"), await load("granted/to_file"), await load("granted/../secret.txt"), await load("/etc/passwd"),
  await load("granted/file.txt\0.md")];

/// [built-in tools] use them without grants
/// gives: ["permission","permission","permission","permission","permission"]
const use = (name, args) => tools[name](args).then(() => "done", (e) => e.kind);
export default [await use("read_file", { path: "granted/file.txt" }), await use("write_file", { path: "x", content: "x" }),
  await use("run_program", { program: "id" }), await use("sqlite_query", { database: "granted/fine.db", sql: "SELECT 1" }),
  await use("http_request", { url: "http://a.test/" })];

/// [built-in tools] climb out of narrow grants
/// allow: {"read": ["granted"], "write": ["granted"], "run": ["echo fine"]}
/// gives: ["permission","permission","permission","permission",0]
const use = (name, args) => tools[name](args).then(() => "done", (e) => e.kind);
let left = 0;
for (const sql of ["ATTACH 'secret.db' AS s", "SELECT load_extension('x')", "VACUUM INTO 'copy.db'", "SELECT 1; ATTACH 'secret.db' AS s"])
  if ((await use("sqlite_query", { database: "granted/fine.db", sql, write: true })) === "done") left++;
export default [await use("read_file", { path: "granted/../secret.txt" }), await use("write_file", { path: "granted/to_parent/x", content: "x" }),
  await use("run_program", { program: "sh", arguments: ["-c", "id"] }), await use("sqlite_query", { database: "granted/to_parent/secret.db", sql: "SELECT 1" }), left];

/// [MCP servers] connect without grants
/// allow: {"run": ["echo fine"]}
/// gives: ["permission","permission","permission","permission"]
const use = (options) => Promise.resolve().then(() => mcp(options).tools()).then(() => "connected", (e) => e.kind);
export default [await use({ command: "id" }), await use({ command: "echo", args: ["fines"] }),
  await use({ command: "echo", args: ["fine"], env: { LD_PRELOAD: "x" } }), await use({ url: `http://127.0.0.1:${params.port}/mcp` })];

/// [planted keys] find the keys of services and servers in what one is told
/// gives: 6
const seen = [];
const see = (work) => Promise.resolve().then(work).then((value) => seen.push(json.encode(value ?? null)), (e) => seen.push(`${e} ${e.stack} ${e.message} ${e.hint} ${json.encode(e.data ?? null)}`));
await see(() => llm("keyed/model").complete("x", { timeout: 2 }));
await see(() => llm("keyed/model").info());
await see(() => agent({ model: "keyed/model" }).run("x"));
await see(() => mcp("program").tools());
await see(() => mcp("none").info());
await see(() => spell.limits());
print(seen.join("\n"));
export default seen.length;
