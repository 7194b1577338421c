/// [dot dot] climb out of what is granted
/// allow: {"read": ["granted"]}
/// gives: ["permission","permission","permission","permission","fine\n"]
const attempt = (path) => fs.read(path).catch((e) => e.kind);
export default [await attempt("granted/../secret.txt"), await attempt("granted/below/../../secret.txt"),
  await attempt("./granted/.././secret.txt"), await attempt("granted-not/secret.txt"), await attempt("granted/below/../file.txt")];

/// [dot dot] list and find above it
/// allow: {"read": ["granted"]}
/// gives: ["permission","permission","permission","permission"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.list(".")), await kind(fs.list("granted/..")), await kind(fs.glob("../*")), await kind(fs.stat(".."))];

/// [absolute paths] read files of the system
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: ["permission","permission","permission","permission"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.read("/etc/passwd")), await kind(fs.write("/tmp/x", "x")), await kind(fs.read("//etc/passwd")),
  await kind(fs.read("~/.ssh/id_rsa"))];

/// [absolute paths] do anything with files when nothing is granted
/// gives: ["permission","permission","permission","permission","permission","permission"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.read("granted/file.txt")), await kind(fs.write("x", "x")), await kind(fs.list(".")),
  await kind(fs.remove("x")), await kind(fs.make("x")), await kind(fs.exists("/etc"))];

/// [NUL] end a path early
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: ["value","value","value"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.read("granted/file.txt\0.png")), await kind(fs.read("\0")), await kind(fs.write("granted/\0", "x"))];

/// [links] follow links out of what is granted
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: ["permission","permission","permission","permission","permission","permission"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.read("granted/to_file")), await kind(fs.read("granted/to_file_absolute")),
  await kind(fs.read("granted/chain")), await kind(fs.read("granted/to_parent/secret.txt")),
  await kind(fs.read("granted/to_root/etc/passwd")), await kind(fs.list("granted/to_parent"))];

/// [links] write through links
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: ["permission","permission","permission"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.write("granted/to_parent/new.txt", "x")), await kind(fs.make("granted/to_parent/new")),
  await kind(fs.remove("granted/to_parent/secret.txt"))];

/// [links] follow broken links and loops
/// allow: {"read": ["granted"]}
/// gives: ["permission",false,"fine\n"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.read("granted/broken")), await fs.read("granted/loop").then(() => true, () => false),
  await kind(fs.read("granted/inside"))];

/// [links] move and copy secrets in
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: ["permission","permission","permission"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.copy("secret.txt", "granted/mine")), await kind(fs.move("secret.txt", "granted/mine")),
  await kind(fs.copy("granted/to_file", "granted/mine"))];

/// [links] remove a tree that links lead out of
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: true
for (const path of ["granted/below", "granted/to_parent"]) await fs.remove(path, { recursive: true }).catch(() => {});
export default await fs.exists("granted/file.txt");

/// [hard links] read a hard link that a person made inside, which is granted with the folder
/// allow: {"read": ["granted"]}
/// gives: "fine\n"
export default await fs.read("granted/hard");

/// [races] read through a folder that becomes a link between check and use
/// allow: {"read": ["granted"]}
/// gives: 0
let leaked = 0;
for (let i = 0; i < 1500; i++)
  if ((await fs.read("granted/swap/secret.txt").catch(() => "fine\n")) !== "fine\n") leaked++;
export default leaked;

/// [/proc] read about the host
/// allow: {"read": ["granted"]}
/// gives: ["permission","permission","permission","permission"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.read("/proc/self/environ")), await kind(fs.read("/proc/self/root/etc/passwd")),
  await kind(fs.read("/dev/fd/0")), await kind(fs.list("/proc/self/fd"))];

/// [devices] read a FIFO that nobody writes, and devices
/// allow: {"read": ["granted"]}
/// gives: ["value","permission","permission"]
const kind = (promise) => promise.then((value) => value, (e) => e.kind);
export default [await kind(fs.read("granted/fifo")), await kind(fs.read("/dev/zero")), await kind(fs.read("/dev/tty"))];

/// [host paths] look for paths of the host in errors
/// allow: {"read": ["granted"], "write": ["granted"]}
/// gives: []
const found = [];
for (const call of [() => fs.read("secret.txt"), () => fs.read("granted/none"), () => fs.list("granted/file.txt"),
  () => fs.read("granted"), () => fs.make("granted/file.txt"), () => fs.remove("granted"), () => fs.write("granted/below", "x"),
  () => fs.read("granted/loop"), () => fs.move("granted/file.txt", "/elsewhere"), () => fs.read("x".repeat(5000)),
  () => import("./none.js")])
  try { await call(); } catch (e) {
    const text = `${e.message} ${e.hint} ${e.stack}`;
    if (text.includes("/tmp") || text.includes("hun" + "ter2")) found.push(text);
  }
export default found;

/// [private addresses] reach the host itself and its neighbours
/// allow: {"net": ["*"]}
/// gives: ["permission","permission","permission","permission","permission","permission"]
const get = (url) => http.get(url).then((answer) => answer.text, (e) => e.kind);
const port = `:${params.port}/`;
export default [await get("http://127.0.0.2" + port), await get("http://localhost" + port), await get("http://[::1]" + port),
  await get("http://169.254.169.254/latest/meta-data"), await get("http://10.0.0.1/"), await get("http://intranet.test" + port)];

/// [private addresses] reach anything when nothing is granted
/// gives: ["permission","permission"]
const get = (url) => http.get(url).then((answer) => answer.text, (e) => e.kind);
export default [await get("http://a.test/"), await get("http://127.0.0.1/")];

/// [spellings] write a forbidden address in other ways
/// allow: {"net": ["a.test", "127.0.0.1"]}
/// gives: 0
let reached = 0;
for (const host of ["2130706434", "0177.0.0.2", "0x7f000002", "127.2", "127.0.0.2.", "[::ffff:127.0.0.2]", "[::ffff:7f00:2]",
  "a.test@127.0.0.2", "127.0.0.2#a.test", "127.0.0.2%00a.test", "127.0.0.2%2f@a.test", "INTRANET.test", "intranet.test.",
  "a.test.intranet.test", "①②⑦.0.0.2", "[64:ff9b::7f00:2]"])
  for (const url of [`http://${host}:${params.port}/`, `http:\\\\${host}:${params.port}/`])
    try { if ((await http.get(url)).text !== "public") reached++; } catch {}
export default reached;

/// [redirects] be redirected to where one may not go
/// allow: {"net": ["a.test", "127.0.0.1"]}
/// gives: ["permission","permission",false,"public"]
const get = (url) => http.get(url).then((answer) => answer.text, (e) => e.kind);
const base = `http://a.test:${params.port}`;
export default [await get(`${base}/to/http://127.0.0.2:${params.port}/`), await get(`${base}/to/http://intranet.test:${params.port}/`),
  await http.get(`${base}/to/file:///etc/passwd`).then(() => true, () => false), await get(`${base}/to/${base}/`)];

/// [redirects] be redirected without end
/// allow: {"net": ["a.test", "127.0.0.1"]}
/// fails: provider more than 10 redirects
await http.get(`http://a.test:${params.port}/loop`);

/// [changing names] use a name whose address changes
/// allow: {"net": ["rebind.test", "both.test", "127.0.0.1"]}
/// gives: 0
let leaked = 0;
for (let i = 0; i < 5; i++)
  for (const name of ["rebind.test", "both.test"])
    try { if ((await http.get(`http://${name}:${params.port}/`)).text !== "public") leaked++; } catch {}
export default leaked;

/// [changing names] send the request to another server by its Host header
/// allow: {"net": ["a.test", "127.0.0.1"]}
/// fails: value Host
await http.get(`http://a.test:${params.port}/`, { headers: { Host: "intranet.test" } });

/// [variables] read secrets of the environment
/// allow: {"env": ["SAFE_*"]}
/// gives: ["permission","permission","permission","value",["SAFE_NAME"],"fine"]
const get = (name) => env.get(name).catch((e) => e.kind);
export default [await get("ATTACK_SECRET"), await get("OPENAI_API_KEY"), await get("*"), await get("SAFE_NAME\0X"),
  await env.list(), await get("SAFE_NAME")];

/// [keys] look for the keys of the host in everything that a spell is told
/// gives: true
let seen = json.encode([await spell.usage(), params]);
for (const call of [() => llm("openai/gpt-4o").complete("x", { timeout: 0.1 }), () => llm("none/none").complete("x"), () => tools.fail({ message: "no key" }),
  () => llm("scripted/model").info()])
  try { seen += json.encode(await call()); } catch (e) { seen += `${e.message} ${e.hint} ${e.stack} ${json.encode(e.data ?? null)}`; }
print(seen);
export default true;

/// [programs] run what was not granted
/// allow: {"run": ["echo fine"]}
/// gives: ["permission","permission","permission","permission","permission"]
const start = (...args) => run(...args).then((ended) => ended.stdout, (e) => e.kind);
export default [await start("sh", ["-c", "echo x"]), await start("/bin/sh"), await start("echo"),
  await start("echo", ["fine; cat secret.txt"]), await start("./echo", ["fine"])];

/// [programs] smuggle a command into arguments
/// allow: {"run": ["echo fine"]}
/// gives: "fine ; cat secret.txt $(cat secret.txt) `id` | sh\n"
export default (await run("echo", ["fine", ";", "cat", "secret.txt", "$(cat secret.txt)", "`id`", "|", "sh"])).stdout;

/// [programs] choose what a program loads by its environment
/// allow: {"run": ["echo"]}
/// gives: ["permission","permission","permission"]
const start = (name) => run("echo", ["x"], { env: { [name]: "/tmp/x" } }).then((ended) => ended.stdout, (e) => e.kind);
export default [await start("LD_PRELOAD"), await start("PATH"), await start("PYTHONPATH")];

/// [programs] read the keys of the host through a program
/// allow: {"run": ["env"]}
/// gives: true
export default (await run("env")).stdout.includes("PATH=");

/// [programs] start one that never ends, and one that never stops talking
/// allow: {"run": ["sleep", "yes"]}
/// gives: ["timeout",true]
const first = await run("sleep", ["60"], { timeout: 0.2 }).catch((e) => e.kind);
export default [first, await run("yes", [], { timeout: 0.2, maxOutput: 1000 }).then(() => false, () => true)];

/// [blobs] use the handle of a blob that one was not given
/// gives: ["not_found","not_found"]
const text = (name) => blob.text({ blob: name, mime: "text/plain", size: 1 }).catch((e) => e.kind);
export default [await text("1"), await text("../../secret.txt")];

/// [blobs] fill the memory of the host with bytes
/// limits: max_calls=1000
/// fails: value
let one = await blob.fromText("x".repeat(2 ** 22));
const all = new Array(8).fill(one);
for (;;) all.push(await blob.concat(all));

/// [budgets] run out of money inside of try
/// limits: max_tokens=100
/// fails: limit budget
for (;;) try { await llm("scripted/model").complete("hello", { maxTokens: 50 }); } catch {}

/// [budgets] run out of it from parallel calls at once
/// limits: max_tokens=100
/// fails: limit budget
const ask = () => llm("scripted/model").complete("hello", { maxTokens: 50 }).catch(() => "caught");
await Promise.allSettled(Array.from({ length: 30 }, ask));
print("went on");

/// [budgets] ask for an answer of negative or endless length
/// limits: max_tokens=100
/// gives: [false,false]
const ask = (maxTokens) => llm("scripted/model").complete("x", { maxTokens }).then(() => true, () => false);
export default [await ask(-1000), await ask(NaN)];

/// [models] use a model that was not granted
/// allow: {"models": ["scripted/small"]}
/// gives: ["permission","permission"]
const ask = (name) => llm(name).complete("x").then((answer) => answer.text, (e) => e.kind);
export default [await ask("scripted/model"), await ask("scripted/small-not")];

/// [tools] call a tool that was not granted
/// allow: {"tools": ["echo"]}
/// gives: ["permission","permission","permission"]
const use = (name) => tools[name]({}).then(() => "called", (e) => e.kind);
export default [await use("fail"), await use("echo2"), await use("deep")];

/// [tools] call tools by names that become one after cleaning, or are words of the language
/// gives: ["not_found","not_found","not_found","not_found"]
const use = (name) => tools[name]({}).then(() => "called", (e) => e.kind);
export default [await use("e-cho"), await use("Echo"), await use("class"), await use("echo ")];

/// [tools] pass arguments against the schema
/// gives: ["type","type","type","value"]
const use = (promise) => promise.then(() => "called", (e) => e.kind);
export default [await use(tools.slow({ seconds: "soon" })), await use(tools.large({ size: {} })), await use(tools.echo({ other: 1 })),
  await use(tools.slow({ seconds: NaN }))];

/// [tools] call a tool that calls itself through the spell
/// limits: max_calls=100
/// fails: limit limit of 100 calls
const again = () => tools.twice({ f: again }).catch(() => {});
await again();

/// [modules] load modules from outside of the folder of the spell
/// allow: {"read": ["granted"]}
/// gives: ["not_found","not_found","not_found"]
const load = (name) => import(name).then(() => "loaded", (e) => e.kind);
export default [await load("../secret.txt"), await load("/etc/passwd"), await load("./to_file")];
