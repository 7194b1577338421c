--- [dot dot] climb out of what is granted
--- allow: {"read": ["granted"]}
--- gives: ["permission","permission","permission","permission","fine\n"]
local function try(path) local ok, e = pcall(fs.read, path) return ok and e or e.kind end
return {try("granted/../secret.txt"), try("granted/below/../../secret.txt"), try("./granted/.././secret.txt"),
  try("granted-not/secret.txt"), try("granted/below/../file.txt")}

--- [dot dot] list and find above it
--- allow: {"read": ["granted"]}
--- gives: ["permission","permission","permission","permission"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.list, "."), try(fs.list, "granted/.."), try(fs.glob, "../*"), try(fs.stat, "..")}

--- [absolute paths] read files of the system
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: ["permission","permission","permission","permission"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.read, "/etc/passwd"), try(fs.write, "/tmp/x", "x"), try(fs.read, "//etc/passwd"), try(fs.read, "~/.ssh/id_rsa")}

--- [absolute paths] do anything with files when nothing is granted
--- gives: ["permission","permission","permission","permission","permission","permission"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.read, "granted/file.txt"), try(fs.write, "x", "x"), try(fs.list, "."), try(fs.remove, "x"), try(fs.make, "x"), try(fs.exists, "/etc")}

--- [NUL] end a path early
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: ["value","value","value"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.read, "granted/file.txt\0.png"), try(fs.read, "\0"), try(fs.write, "granted/\0", "x")}

--- [links] follow links out of what is granted
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: ["permission","permission","permission","permission","permission","permission"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.read, "granted/to_file"), try(fs.read, "granted/to_file_absolute"), try(fs.read, "granted/chain"),
  try(fs.read, "granted/to_parent/secret.txt"), try(fs.read, "granted/to_root/etc/passwd"), try(fs.list, "granted/to_parent")}

--- [links] write through links
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: ["permission","permission","permission"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.write, "granted/to_parent/new.txt", "x"), try(fs.make, "granted/to_parent/new"),
  try(fs.remove, "granted/to_parent/secret.txt")}

--- [links] follow broken links and loops
--- allow: {"read": ["granted"]}
--- gives: ["permission",false,"fine\n"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.read, "granted/broken"), (pcall(fs.read, "granted/loop")), try(fs.read, "granted/inside")}

--- [links] move and copy secrets in
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: ["permission","permission","permission"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.copy, "secret.txt", "granted/mine"), try(fs.move, "secret.txt", "granted/mine"), try(fs.copy, "granted/to_file", "granted/mine")}

--- [links] remove a tree that links lead out of
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: true
pcall(fs.remove, "granted/below", {recursive = true})
pcall(fs.remove, "granted/to_parent", {recursive = true})
return fs.exists("granted/file.txt")

--- [hard links] read a hard link that a person made inside, which is granted with the folder
--- allow: {"read": ["granted"]}
--- gives: "fine\n"
return fs.read("granted/hard")

--- [races] read through a folder that becomes a link between check and use
--- allow: {"read": ["granted"]}
--- gives: 0
local leaked = 0
for i = 1, 1500 do
  local ok, text = pcall(fs.read, "granted/swap/secret.txt")
  if ok and text ~= "fine\n" then leaked = leaked + 1 end
end
return leaked

--- [/proc] read about the host
--- allow: {"read": ["granted"]}
--- gives: ["permission","permission","permission","permission"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.read, "/proc/self/environ"), try(fs.read, "/proc/self/root/etc/passwd"), try(fs.read, "/dev/fd/0"),
  try(fs.list, "/proc/self/fd")}

--- [devices] read a FIFO that nobody writes, and devices
--- allow: {"read": ["granted"]}
--- gives: ["value","permission","permission"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(fs.read, "granted/fifo"), try(fs.read, "/dev/zero"), try(fs.read, "/dev/tty")}

--- [host paths] look for paths of the host in errors
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: []
local found = array{}
for _, attempt in ipairs{
  {fs.read, "secret.txt"}, {fs.read, "granted/none"}, {fs.list, "granted/file.txt"}, {fs.read, "granted"},
  {fs.make, "granted/file.txt"}, {fs.remove, "granted"}, {fs.write, "granted/below", "x"}, {fs.read, "granted/loop"},
  {fs.move, "granted/file.txt", "/elsewhere"}, {fs.read, ("x"):rep(5000)}, {require, "./none"},
} do
  local ok, e = pcall(table.unpack(attempt))
  local text = json.encode{not ok and e.message or "", not ok and e.hint or ""}
  if text:find("/tmp", 1, true) or text:find("hun".."ter2", 1, true) then found[#found + 1] = text end
end
return found

--- [private addresses] reach the host itself and its neighbours
--- allow: {"net": ["*"]}
--- gives: ["permission","permission","permission","permission","permission","permission"]
local function try(url) local ok, e = pcall(http.get, url) return ok and e.text or e.kind end
local port = ":" .. params.port .. "/"
return {try("http://127.0.0.2" .. port), try("http://localhost" .. port), try("http://[::1]" .. port),
  try("http://169.254.169.254/latest/meta-data"), try("http://10.0.0.1/"), try("http://intranet.test" .. port)}

--- [private addresses] reach anything when nothing is granted
--- gives: ["permission","permission"]
local function try(url) local ok, e = pcall(http.get, url) return ok and e.text or e.kind end
return {try("http://a.test/"), try("http://127.0.0.1/")}

--- [spellings] write a forbidden address in other ways
--- allow: {"net": ["a.test", "127.0.0.1"]}
--- gives: 0
local reached = 0
for _, host in ipairs{"2130706434", "0177.0.0.2", "0x7f000002", "127.2", "127.0.0.2.", "[::ffff:127.0.0.2]", "[::ffff:7f00:2]",
  "a.test@127.0.0.2", "127.0.0.2#a.test", "127.0.0.2%00a.test", "127.0.0.2%2f@a.test", "INTRANET.test", "intranet.test.",
  "a.test.intranet.test", "①②⑦.0.0.2", "[64:ff9b::7f00:2]"} do
  local ok, answer = pcall(http.get, "http://" .. host .. ":" .. params.port .. "/")
  if ok and answer.text ~= "public" then reached = reached + 1 end
end
return reached

--- [redirects] be redirected to where one may not go
--- allow: {"net": ["a.test", "127.0.0.1"]}
--- gives: ["permission","permission",false,"public"]
local base = "http://a.test:" .. params.port
local function try(url) local ok, e = pcall(http.get, url) return ok and e.text or e.kind end
return {try(base .. "/to/http://127.0.0.2:" .. params.port .. "/"), try(base .. "/to/http://intranet.test:" .. params.port .. "/"),
  (pcall(http.get, base .. "/to/file:///etc/passwd")), try(base .. "/to/" .. base .. "/")}

--- [redirects] be redirected without end
--- allow: {"net": ["a.test", "127.0.0.1"]}
--- fails: provider more than 10 redirects
http.get("http://a.test:" .. params.port .. "/loop")

--- [changing names] use a name whose address changes
--- allow: {"net": ["rebind.test", "both.test", "127.0.0.1"]}
--- gives: 0
local leaked = 0
for i = 1, 5 do
  for _, name in ipairs{"rebind.test", "both.test"} do
    local ok, answer = pcall(http.get, "http://" .. name .. ":" .. params.port .. "/")
    if ok and answer.text ~= "public" then leaked = leaked + 1 end
  end
end
return leaked

--- [changing names] send the request to another server by its Host header
--- allow: {"net": ["a.test", "127.0.0.1"]}
--- fails: value Host
http.get("http://a.test:" .. params.port .. "/", {headers = {Host = "intranet.test"}})

--- [variables] read secrets of the environment
--- allow: {"env": ["SAFE_*"]}
--- gives: ["permission","permission","permission","value",["SAFE_NAME"],"fine"]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and e or e.kind end
return {try(env.get, "ATTACK_SECRET"), try(env.get, "OPENAI_API_KEY"), try(env.get, "*"), try(env.get, "SAFE_NAME\0X"), env.list(), env.get("SAFE_NAME")}

--- [keys] look for the keys of the host in everything that a spell is told
--- gives: true
local seen = json.encode{spell.usage(), params}
for _, call in ipairs{
  function() return llm("openai/gpt-4o"):complete("x", {timeout = 0.1}) end, function() return llm("none/none"):complete("x") end,
  function() return tools.fail{message = "no key"} end, function() return llm("scripted/model"):info() end,
} do
  local ok, e = pcall(call)
  seen = seen .. json.encode(ok and e or {e.message, e.hint or "", e.data or ""})
end
print(seen)
return true

--- [programs] run what was not granted
--- allow: {"run": ["echo fine"]}
--- gives: ["permission","permission","permission","permission","permission"]
local function try(...) local ok, e = pcall(run, ...) return ok and e.stdout or e.kind end
return {try("sh", {"-c", "echo x"}), try("/bin/sh"), try("echo"), try("echo", {"fine; cat secret.txt"}), try("./echo", {"fine"})}

--- [programs] smuggle a command into arguments
--- allow: {"run": ["echo fine"]}
--- gives: "fine ; cat secret.txt $(cat secret.txt) `id` | sh\n"
return run("echo", {"fine", ";", "cat", "secret.txt", "$(cat secret.txt)", "`id`", "|", "sh"}).stdout

--- [programs] choose what a program loads by its environment
--- allow: {"run": ["echo"]}
--- gives: ["permission","permission","permission"]
local function try(name) local ok, e = pcall(run, "echo", {"x"}, {env = {[name] = "/tmp/x"}}) return ok and e.stdout or e.kind end
return {try("LD_PRELOAD"), try("PATH"), try("PYTHONPATH")}

--- [programs] read the keys of the host through a program
--- allow: {"run": ["env"]}
--- gives: true
return run("env").stdout:find("PATH=", 1, true) ~= nil

--- [programs] start one that never ends, and one that never stops talking
--- allow: {"run": ["sleep", "yes"]}
--- gives: ["timeout",true]
local ok, e = pcall(run, "sleep", {"60"}, {timeout = 0.2})
local ok2, e2 = pcall(run, "yes", {}, {timeout = 0.2, max_output = 1000})
return {e.kind, not ok2}

--- [blobs] use the handle of a blob that one was not given
--- gives: ["not_found","not_found"]
local function try(name) local ok, e = pcall(blob.text, {blob = name, mime = "text/plain", size = 1}) return ok and e or e.kind end
return {try("1"), try("../../secret.txt")}

--- [blobs] fill the memory of the host with bytes
--- limits: max_calls=1000
--- fails: value
local one = blob.from_text(("x"):rep(2^22))
local all = {}
for i = 1, 8 do all[i] = one end
while true do
  one = blob.concat(all)
  all[#all + 1] = one
end

--- [budgets] run out of money inside of pcall
--- limits: max_tokens=100
--- fails: limit budget
while true do pcall(function() return llm("scripted/model"):complete("hello", {max_tokens = 50}) end) end

--- [budgets] run out of it from parallel tasks at once
--- limits: max_tokens=100
--- fails: limit budget
local function ask() return pcall(function() return llm("scripted/model"):complete("hello", {max_tokens = 50}) end) end
local all = {}
for i = 1, 30 do all[i] = ask end
parallel(table.unpack(all))
print("went on")

--- [budgets] ask for an answer of negative or endless length
--- limits: max_tokens=100
--- gives: [false,false]
return {(pcall(function() return llm("scripted/model"):complete("x", {max_tokens = -1000}) end)),
  (pcall(function() return llm("scripted/model"):complete("x", {max_tokens = 0/0}) end))}

--- [models] use a model that was not granted
--- allow: {"models": ["scripted/small"]}
--- gives: ["permission","permission"]
local function try(name) local ok, e = pcall(function() return llm(name):complete("x") end) return ok and e.text or e.kind end
return {try("scripted/model"), try("scripted/small-not")}

--- [tools] call a tool that was not granted
--- allow: {"tools": ["echo"]}
--- gives: ["permission","permission","permission"]
local function try(name) local ok, e = pcall(tools[name], {}) return ok and "called" or e.kind end
return {try("fail"), try("echo2"), try("deep")}

--- [tools] call tools by names that become one after cleaning, or are words of the language
--- gives: ["not_found","not_found","not_found","not_found"]
local function try(name) local ok, e = pcall(tools[name], {}) return ok and "called" or e.kind end
return {try("e-cho"), try("Echo"), try("end"), try("echo ")}

--- [tools] pass arguments against the schema
--- gives: ["type","type","type","value"]
local function try(f, args) local ok, e = pcall(f, args) return ok and "called" or e.kind end
return {try(tools.slow, {seconds = "soon"}), try(tools.large, {size = {}}), try(tools.echo, {other = 1}), try(tools.slow, {seconds = 0/0})}

--- [tools] call a tool that calls itself through the spell
--- limits: max_calls=100
--- fails: limit limit of 100 calls
local function again() return pcall(tools.twice, {f = again}) end
again()

--- [modules] load modules from outside of the folder of the spell
--- allow: {"read": ["granted"]}
--- gives: ["not_found","not_found","not_found"]
local function try(name) local ok, e = pcall(require, name) return ok and "loaded" or e.kind end
return {try("../secret.txt"), try("/etc/passwd"), try("./to_file")}
