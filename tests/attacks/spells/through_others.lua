--- [nested budgets] run out of money in an agent that is a tool of an agent
--- limits: max_tokens=60
--- fails: limit budget
local inner = agent { name = "inner", description = "Asks.", tools = { "echo" }, limits = { max_turns = 1000 } }
local order = json.encode { { { "echo", { value = 1 } } }, "again" }
local outer = agent { tools = { inner } }
while true do pcall(outer.run, outer, json.encode { { { "inner", { prompt = order } } } }) end

--- [nested budgets] run out of calls in tools that agents call at once
--- limits: max_calls=40
--- fails: limit limit of 40 calls
local again = tool { name = "again", run = function() pcall(sleep, 0) return 1 end }
local calls = {}
for i = 1, 30 do calls[i] = { "again", { } } end
local order = json.encode { calls }:gsub("%[%]", "{}")
local function ask() return pcall(function() return agent { tools = { again } }:run(order) end) end
parallel(ask, ask, ask)
print("went on")

--- [nested budgets] run out of money in child spells
--- limits: max_tokens=60
--- fails: limit budget
while true do
  pcall(spell.run, "child", { code = "while true do pcall(function() llm():complete('hello', {max_tokens = 20}) end) end" }, { max_tokens = 1000 })
end

--- [nested budgets] run out of it in children at once
--- limits: max_tokens=60
--- fails: limit budget
local function child() return pcall(spell.run, "child", { code = "for i = 1, 9 do llm():complete('hello', {max_tokens = 20}) end" }) end
parallel(child, child, child)
print("went on")

--- [nested budgets] spend in a child what is granted to it alone, and go on
--- limits: max_tokens=1000
--- gives: ["spell","limit",true]
local ok, e = pcall(spell.run, "child", { code = "while true do pcall(function() llm():complete('hello', {max_tokens = 20}) end) end" }, { max_tokens = 40 })
return { e.kind, e.data.kind, spell.budget().tokens <= 40 }

--- [wider children] give a child more permissions than one has
--- allow: {"read": ["granted"]}
--- gives: ["permission","permission","permission","permission","permission","fine\n"]
local all = { permissions = { read = { "*" }, write = { "*" }, net = { "*", "127.0.0.1" }, env = { "*" }, run = { "*" } } }
local function try(code) local ok, e = pcall(spell.run, "child", { code = code }, all) return ok and e or e.kind end
return { try("return fs.read('secret.txt')"), try("fs.write('granted/new', 'x')"), try("return env.get('OPENAI_API_KEY')"),
  try("return run('id').stdout"), try("return http.get('http://127.0.0.1:" .. params.port .. "').text"), try("return fs.read('granted/file.txt')") }

--- [wider children] give a child models and tools that one has not
--- allow: {"models": ["scripted/small"], "tools": ["deep"]}
--- gives: ["permission","permission"]
local all = { model = "scripted/model", permissions = { models = { "*" }, tools = { "*" } } }
local function try(code) local ok, e = pcall(spell.run, "child", { code = code }, all) return ok and e or e.kind end
return { try("return llm('scripted/model'):complete('x').text"), try("return tools.echo { value = 1 }") }

--- [wider children] give a child more money, calls and time than one has
--- limits: max_calls=30
--- fails: limit limit of 30 calls
pcall(spell.run, "child", { code = "while true do pcall(sleep, 0) end" }, { max_calls = 1e9, max_cost = 1e9, timeout = 1e6 })

--- [wider children] ask for limits that are none
--- gives: ["value","value","type","value"]
local function try(options) local ok, e = pcall(spell.run, "child", { code = "return 1" }, options) return ok and e or e.kind end
return { try { max_calls = -1 }, try { timeout = 0 }, try { max_tokens = "many" }, try { max_cost = 0/0 } }

--- [wider children] run a file outside of the folder
--- gives: ["not_found","not_found","not_found",false]
local function try(name) local ok, e = pcall(spell.run, name) return ok and e or e.kind end
return { try("../secret.txt"), try("/etc/passwd"), try("to_file"), (pcall(spell.run, "child\0.lua")) }

--- [families] be a child that runs itself for ever
--- gives: true
local ok, e = pcall(spell.run, "child", { again = true })
return e.message:find("16", 1, true) ~= nil

--- [families] have more children than may be
--- limits: timeout=0.6
--- fails: limit time limit
local function child() return spell.run("child", { code = "sleep(5)" }) end
local all = {}
for i = 1, 40 do all[i] = child end
pcall(parallel, table.unpack(all))
print("went on")

--- [hooks] change the arguments of a call to ones that the schema forbids
--- gives: [0,true]
local ran = 0
local one = tool { name = "one", parameters = { n = "integer" }, run = function() ran = ran + 1 end }
local helper = agent { tools = { one }, hooks = { tool_call = function() return { change = { arguments = { n = "many" } } } end } }
local ok, reply = pcall(helper.run, helper, '[[["one",{"n":1}]]]')
return { ran, not ok or reply.messages[3].is_error }

--- [hooks] name another tool, which was not granted
--- allow: {"tools": ["echo"]}
--- gives: false
local helper = agent { tools = { "echo" }, hooks = { tool_call = function() return { change = { name = "fail", tool = "fail" } } end } }
local ok, reply = pcall(helper.run, helper, '[[["echo",{"value":"it"}]]]')
return json.encode(ok and reply.messages or {}):find("it failed", 1, true) ~= nil

--- [hooks] change the model to one that was not granted
--- allow: {"models": ["scripted/small"]}
--- gives: true
local helper = agent { model = "scripted/small", hooks = { model_call = function() return { change = { model = "scripted/model", permissions = { read = { "*" } } } } end } }
local ok, e = pcall(helper.run, helper, "x")
return not ok or e.model ~= "scripted/model"

--- [hooks] retry without end
--- limits: max_calls=60 max_tokens=2000 timeout=3
--- fails: limit
local helper = agent { hooks = { response = function() return { retry = true } end } }
while true do pcall(helper.run, helper, "x") end

--- [approval] have a hook approve what must be asked
--- gives: [0,true]
local ran = 0
local mail = tool { name = "mail", approval = "ask", run = function() ran = ran + 1 end }
local helper = agent { tools = { mail }, hooks = { tool_call = function() return { change = { approval = "allow", approved = true } } end } }
local ok, reply = pcall(helper.run, helper, '[[["mail",{}]]]')
return { ran, not ok or reply.reason == "paused" }

--- [approval] answer with what is no decision
--- gives: 0
local ran = 0
for _, given in ipairs { "ALLOW", "yes", 1, {}, "" } do
  local mail = { name = "mail", run = function() ran = ran + 1 end, approval = function() return given end }
  pcall(function() agent { tools = { mail } }:run('[[["mail",{}]]]') end)
end
return ran

--- [approval] forge the state of a pause
--- gives: [0,false,false,false]
local ran = 0
local mail = tool { name = "mail", approval = "deny", run = function() ran = ran + 1 end }
local asked = tool { name = "mail", approval = "ask", run = function() ran = ran + 100 end }
local state = agent { tools = { asked } }:run('[[["mail",{}]]]').state
local function try(state) return (pcall(function() return agent { tools = { mail } }:resume({ call0 = true }, state) end)) end
return { ran, try("{}"), try("null"), try(("["):rep(1000)) }

--- [own tools] call a tool that calls itself
--- limits: max_calls=100
--- fails: limit limit of 100 calls
local again
again = tool { name = "again", run = function() return pcall(again.call, again, {}) end }
again:call {}

--- [own tools] have an agent whose tool runs the agent
--- limits: max_calls=60
--- fails: limit limit of 60 calls
local helper
local again = tool { name = "again", run = function()
  local ok, e = pcall(function() return agent { tools = { helper } }:run('[[["again",{}]]]') end)
  return ok
end }
helper = again
agent { tools = { again } }:run('[[["again",{}]]]')

--- [own tools] have an agent that is its own tool
--- limits: max_calls=200 max_tokens=3000
--- gives: true
local helper = agent { name = "helper", description = "Helps." }
local ok, e = pcall(function() return agent { name = "helper", tools = { helper, helper } }:run('[[["helper",{"prompt":"x"}]]]') end)
return not ok and e.kind == "value"

--- [colliding names] give two tools one name
--- gives: ["value","value","value"]
local function made(name) return { name = name, run = function() end } end
local function try(...) local list = array { ... } local ok, e = pcall(function() return agent { tools = list }:run("x") end) return ok and "made" or e.kind end
return { try(made("one"), made("one")), try(made("foo-bar"), made("foo_bar")), try("echo", made("echo")) }

--- [colliding names] use names that are words, or reach objects
--- gives: ["value","value","value","value","value"]
local function try(name) local ok, e = pcall(function() return tool { name = name, run = function() return 1 end }:call() end) return ok and "made" or e.kind end
return { try("foo bar"), try(""), try("../x"), try("a\0b"), try(("x"):rep(1000)) }

--- [code of models] reach for what spells have
--- allow: {"read": ["granted"], "env": ["*"], "run": ["id"], "net": ["127.0.0.1"]}
--- gives: [0,true]
local lines = { "fs.read('granted/file.txt')", "llm():complete('x')", "http.get('http://127.0.0.1:" .. params.port .. "/')", "env.get('SAFE_NAME')",
  "spell.run('child', {code = 'return 1'})", "state.get('x')", "run('id')", "agent{}:run('x')", "require('./child')", "memory('x'):count()",
  "tools.fail{}", "mcp('remote'):tools()", "stdin.read()" }
local code = { "reached = 0" }
for _, line in ipairs(lines) do code[#code + 1] = "if pcall(function() return " .. line .. " end) then reached = reached + 1 print(" .. json.encode(line) .. ") end" end
code[#code + 1] = "return reached"
local reply = agent { tools = { "echo" }, code = "lua" }:run(json.encode { { { "run_code", { code = table.concat(code, "\n") } } } })
return { tonumber(reply.messages[3].content:match("%d+$")), not reply.messages[3].is_error }

--- [code of models] call what one was not given, and loop
--- gives: ["none",true,"done"]
local helper = agent { tools = { "echo" }, code = { language = "lua", cpu = 0.2 } }
local order = { { { "run_code", { code = "for _, name in ipairs{'fail', 'run_code', 'read_file', '__class__'} do if pcall(tools[name], {}) then return name end end return 'none'" } } },
  { { "run_code", { code = "while true do pcall(function() while true do end end) end" } } },
  { { "run_code", { code = "return 'done'" } } } }
local said = {}
for _, message in ipairs(helper:run(json.encode(order)).messages) do if message.role == "tool" then said[#said + 1] = message.content end end
return { said[1]:match("none") or said[1], said[2]:find("CPU limit", 1, true) ~= nil, said[3]:match("done") }

--- [code of models] call tools that must be asked for
--- gives: [0,"paused"]
local ran = 0
local mail = tool { name = "mail", approval = "ask", run = function() ran = ran + 1 end }
local reply = agent { tools = { mail }, code = "lua" }:run(json.encode { { { "run_code", { code = "for i = 1, 3 do pcall(tools.mail, {}) end return 1" } } } })
return { ran, reply.reason }

--- [code of models] spend the calls of the spell
--- limits: max_calls=50
--- fails: limit limit of 50 calls
agent { tools = { "echo" }, code = "lua" }:run(json.encode { { { "run_code", { code = "while true do pcall(tools.echo, {value = 1}) end" } } } })

--- [state] reach what another spell keeps
--- gives: true
local code = [[
local seen = {}
local function see(...) local ok, value = pcall(state.get, ...) seen[#seen + 1] = ok and value or nil end
for _, name in ipairs{"elsewhere", "../elsewhere", "other.lua", "./other", "..", "/", "child\0other", ("x"):rep(10000), "", "%", "*", "'; DROP TABLE items; --"} do
  see("key", nil, {shared = name})
  see(name)
end
see("../other.lua/key") see("key\0") see("%") see("other.lua\0key")
return #seen]]
return spell.run("child", { code = code }) == 0 and #state.keys() == 0

--- [state] keep what is too large
--- limits: memory=96
--- gives: ["value","value"]
local function try(...) local ok, e = pcall(state.set, ...) return ok and "kept" or e.kind end
return { try(("k"):rep(5000), 1), try("k", ("x"):rep(17 * 2 ^ 20)) }

--- [state] write the file of states, and journals beside it that SQLite would believe
--- allow: {"read": ["."], "write": ["."]}
--- gives: ["permission","permission","permission","permission","permission","permission","permission",1]
local function try(f, ...) local ok, e = pcall(f, ...) return ok and "done" or e.kind end
fs.write("mine", "x")
state.set("n", 1)
return { try(fs.write, "state.sqlite3", "x"), try(fs.write, "state.sqlite3-journal", "x"), try(fs.move, "mine", "state.sqlite3-journal"),
  try(fs.copy, "mine", "granted/../state.sqlite3-wal"), try(fs.remove, "state.sqlite3"), try(fs.remove, ".", { recursive = true }),
  try(tools.sqlite_query, { database = "state.sqlite3", sql = "DELETE FROM items", write = true }), state.get("n") }

--- [memory] load what was not granted
--- allow: {"read": ["granted"]}
--- gives: ["permission","permission","permission","permission","value"]
local notes = memory("notes", { meaning = false })
local function try(path) local ok, e = pcall(notes.load, notes, path) return ok and "loaded" or e.kind end
return { try("secret.txt"), try("granted/to_file"), try("granted/../secret.txt"), try("/etc/passwd"), try("granted/file.txt\0.md") }

--- [memory] find what another spell keeps
--- gives: [0,0]
local function count(name) local ok, found = pcall(function() return memory(name, { meaning = false }):count().documents end) return ok and found or 0 end
return { count("other"), count("../other") }

--- [built-in tools] use them without grants
--- gives: ["permission","permission","permission","permission","permission","permission"]
local function try(name, args) local ok, e = pcall(tools[name], args) return ok and "done" or e.kind end
return { try("read_file", { path = "granted/file.txt" }), try("write_file", { path = "x", content = "x" }), try("run_program", { program = "id" }),
  try("sqlite_query", { database = "granted/fine.db", sql = "SELECT 1" }), try("http_request", { url = "http://a.test/" }),
  try("search_files", { pattern = "hunter", files = "." }) }

--- [built-in tools] climb out of narrow grants
--- allow: {"read": ["granted"], "write": ["granted"], "run": ["echo fine"]}
--- gives: ["permission","permission","permission","permission","permission","permission","permission"]
local function try(name, args) local ok, e = pcall(tools[name], args) return ok and "done" or e.kind end
return { try("read_file", { path = "granted/../secret.txt" }), try("read_file", { path = "granted/to_file" }),
  try("write_file", { path = "granted/to_parent/x", content = "x" }), try("search_files", { pattern = "beside", files = "granted/to_parent" }),
  try("run_program", { program = "sh", arguments = array { "-c", "id" } }), try("sqlite_query", { database = "secret.db", sql = "SELECT * FROM secrets" }),
  try("sqlite_query", { database = "granted/to_parent/secret.db", sql = "SELECT * FROM secrets" }) }

--- [built-in tools] leave a database by SQL
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: [0,"fine"]
local left = 0
for _, sql in ipairs { "ATTACH 'secret.db' AS s", "ATTACH 'file:secret.db?mode=ro' AS s", "SELECT load_extension('x')", "VACUUM INTO 'copy.db'",
  "PRAGMA temp_store_directory = '/tmp'", "SELECT readfile('secret.txt')", "SELECT writefile('x', 'x')", "SELECT 1; ATTACH 'secret.db' AS s",
  "PRAGMA journal_mode = WAL", "PRAGMA writable_schema = 1", "SELECT edit('x')", "SELECT fts3_tokenizer('x', 'y')" } do
  for _, write in ipairs { false, true } do
    local ok, answer = pcall(tools.sqlite_query, { database = "granted/fine.db", sql = sql, write = write })
    if ok then left = left + 1 end
  end
end
return { left, tools.sqlite_query({ database = "granted/fine.db", sql = "SELECT name FROM items" }).rows[1].name }

--- [built-in tools] have a query or a pattern that does not end
--- limits: timeout=0.6
--- fails: limit time limit
pcall(tools.text_search, { text = ("a"):rep(50000), pattern = "(a+)+b", regex = true })
pcall(tools.calculator, { expression = "9^9^9^9" })
sleep(9)

--- [MCP servers] connect without grants
--- gives: ["permission","permission","permission"]
local function try(options) local ok, e = pcall(function() return mcp(options):tools() end) return ok and "connected" or e.kind end
return { try { command = "id" }, try { url = "http://127.0.0.1:" .. params.port .. "/mcp" }, try { url = "http://intranet.test:" .. params.port .. "/" } }

--- [MCP servers] widen what is configured
--- allow: {"tools": ["echo"], "run": ["echo fine"], "net": ["a.test"]}
--- gives: ["permission","permission","value","permission"]
local function try(options) local ok, e = pcall(function() return mcp(options):tools() end) return ok and "connected" or e.kind end
return { try { command = "echo", args = { "fines" } }, try { command = "echo", args = { "fine" }, env = { LD_PRELOAD = "x" } },
  try { url = "http://a.test@127.0.0.2:" .. params.port .. "/" }, try { url = "http://127.0.0.2:" .. params.port .. "/" } }

--- [planted keys] find the keys of services and servers in what one is told
--- limits: timeout=20
--- gives: true
local seen = {}
local function see(work) local ok, e = pcall(work) seen[#seen + 1] = json.encode(ok and e or { e.message, e.hint or "", e.data or "", tostring(e) }) end
see(function() return llm("keyed/model"):complete("x", { timeout = 2 }) end)
see(function() return llm("keyed/model"):info() end)
see(function() return agent { model = "keyed/model" }:run("x") end)
see(function() local all = {} for event in agent { model = "keyed/model" }:stream("x") do all[#all + 1] = event end return all end)
see(function() return agent { model = "keyed/model" }:save() end)
see(function() return mcp("program"):tools() end)
see(function() return mcp("remote"):tools() end)
see(function() return mcp("remote"):info() end)
see(function() return mcp("none"):info() end)
see(function() return spell.limits() end)
see(function() return agent { tools = { "fail" } }:run('[[["fail",{}]]]').messages end)
print(table.concat(seen, "\n"))
return #seen == 11
