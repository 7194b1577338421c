--- [schemas] describe a tool by a schema that doubles at every line
--- gives: ["value","value","value"]
local function try(work) local ok, e = pcall(work) return ok and "done" or e.kind end
local defs = { d100 = { type = "integer" } }
for i = 0, 99 do
  local one = { ["$ref"] = "#/$defs/d" .. i + 1 }
  defs["d" .. i] = { anyOf = { one, one } }
end
local doubling = { ["$defs"] = defs, type = "object", properties = { v = { ["$ref"] = "#/$defs/d0" } } }
local made = tool { name = "made", parameters = doubling, run = function() return 1 end }
return { try(function() return made:call { v = "x" } end), try(function() return llm():extract("x", doubling) end),
  try(function() return llm():complete("x", { schema = doubling }) end) }

--- [schemas] have every field looked at twice at each of forty levels
--- gives: "value"
local schema = { type = "object" }
for _ = 1, 40 do schema = { allOf = { schema }, unevaluatedProperties = false } end
local made = tool { name = "made", parameters = { type = "object", properties = { v = schema } }, run = function() return 1 end }
local ok, e = pcall(made.call, made, { v = { a = 1 } })
return e.kind

--- [schemas] name lists of lists without end
--- gives: ["value","value"]
local deep = "string" .. ("[]"):rep(1000000)
local function try(work) local ok, e = pcall(work) return ok and "done" or e.kind end
local made = tool { name = "made", parameters = { v = deep }, run = function() return 1 end }
return { try(function() return made:call { v = {} } end), try(function() return llm():extract("x", { v = deep }) end) }

--- [schemas] hold a deep value against a schema that has many ways into itself
--- gives: ["value","it does not fit its schema"]
local ways, value = {}, 1
for at = 1, 8 do ways[at] = { properties = { a = { ["$ref"] = "#/properties/v" } }, required = { "b" .. at } } end
for _ = 1, 100 do value = { a = value } end
local made = tool { name = "made", parameters = { type = "object", properties = { v = { anyOf = ways } } }, run = function() return 1 end }
local ok, e = pcall(made.call, made, { v = value })
return { e.kind, e.message:match("it does.*") }

--- [schemas] have a model told of types that lead to each other
--- gives: "one two three four five"
local fields = {}
for at = 1, 900 do fields["f" .. at] = { ["$ref"] = "#" } end
local made = tool { name = "made", parameters = { type = "object", properties = fields }, run = function() return 1 end }
return agent { tools = { made }, code = "lua" }:run("x").text

--- [names] load a module and a spell that stand in a million folders
--- gives: ["not_found","not_found"]
local name = ("a/"):rep(1000000) .. "b"
local ok, e = pcall(require, name)
local ok2, e2 = pcall(spell.run, name)
return { e.kind, e2.kind }

--- [names] misspell what there is by half a million letters
--- gives: ["not_found","not_found","not_found","type"]
local function try(work) local ok, e = pcall(work) return ok and "done" or e.kind end
local name = ("x"):rep(500000)
return { try(function() return llm(name):complete("x") end), try(function() return llm("scripted" .. name .. "/x"):complete("x") end),
  try(function() return tools[name] {} end), try(function() return llm():complete("x", { [name] = 1 }) end) }

--- [rules] give a child a hundred thousand rules
--- gives: ["value","value"]
local function try(kind) local rules = {} for at = 1, 100000 do rules[at] = "x" .. at end
  local ok, e = pcall(spell.run, "child", {}, { permissions = { [kind] = rules } }) return ok and "done" or e.kind end
return { try("read"), try("net") }

--- [documents] remember tables and lists that unfold to gigabytes
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: ["value","value"]
local function load_(name, text) fs.write(name, text)
  local ok, e = pcall(function() return memory("notes", { meaning = false }):load(name) end) return ok and "loaded" or e.kind end
return { load_("granted/x.csv", ("h"):rep(100000) .. "\n" .. ("x\n"):rep(100000)),
  load_("granted/x.json", ("["):rep(500) .. ("1,"):rep(500000) .. "1" .. ("]"):rep(500)) }

--- [documents] remember headings that are mostly blanks
--- gives: 1
return memory("notes", { meaning = false }):add("# a" .. (" "):rep(200000) .. "b\n" .. ("# "):rep(200000) .. "\n").documents

--- [patterns] search for a plain text that nearly fits everywhere
--- gives: [0,0]
local text, pattern = ("a"):rep(1000000), ("A"):rep(999) .. "b"
return { tools.text_search { text = text, pattern = pattern, ignore_case = true }.count, tools.text_search { text = text, pattern = pattern }.count }

--- [SQL] call functions that no clock stops
--- allow: {"read": ["granted"]}
--- gives: ["value","value","value",0]
local function ask(call) local ok, e = pcall(tools.sqlite_query, { database = "granted/fine.db", sql = "SELECT " .. call .. " AS v" })
  return ok and e.rows[1].v or e.kind end
local long, longer = "hex(zeroblob(1000000))", "hex(zeroblob(2000000))"
return { ask("instr(" .. longer .. ", " .. long .. "||'b')"), ask("replace(" .. longer .. ", " .. long .. "||'b', 'c')"),
  ask("json_patch(json_object('a', " .. long .. "), '{}')"), ask("length(trim(" .. longer .. ", " .. long .. "||'b'))") }

--- [deep trees] have a tree removed that is deeper than any path is long
--- only: process
--- allow: {"read": ["granted"], "write": ["granted"]}
--- limits: cpu=60 timeout=90
--- gives: ["value",true,true,true]
local part = "granted/t" .. ("/d"):rep(400)
for round = 1, 3 do
  fs.make(part)
  if round > 1 then fs.move("granted/deep", part .. "/x") end
  fs.move("granted/t", "granted/deep")
end
local function remove(name) local ok, e = pcall(fs.remove, name, { recursive = true }) return ok or e.kind end
local refused = remove("granted/deep")
fs.move("granted/deep" .. ("/d"):rep(400) .. "/x", "granted/more")
fs.move("granted/more" .. ("/d"):rep(400) .. "/x", "granted/most")
return { refused, remove("granted/deep"), remove("granted/more"), remove("granted/most") }

--- [streams] keep more files open than there are descriptors
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: [100,"value"]
fs.write("granted/lines.txt", ("line\n"):rep(50000))
local opened, kind = 0, nil
for _ = 1, 1000 do
  local ok, e = pcall(function()
    local lines = coroutine.wrap(function() for line in fs.lines("granted/lines.txt") do coroutine.yield(line) end end)
    lines()
    kept = { lines, kept }
  end)
  if not ok then kind = e.kind break end
  opened = opened + 1
end
return { opened, kind }

--- [kept objects] make agents of more text than a script may hold
--- gives: "value"
local long, kind = ("x"):rep(1000000), nil
for _ = 1, 100 do
  local ok, e = pcall(function() return agent { instructions = long }:save() end)
  if not ok then kind = e.kind break end
end
return kind

--- [large scripts] load as a module what is larger than a script may be
--- allow: {"read": ["granted"], "write": ["granted"]}
--- gives: ["value","value"]
local part = ("--x\n"):rep(1000000)
for at = 1, 5 do fs.write("granted/large.lua", part, { append = at > 1 }) end
local ok, e = pcall(require, "large")
local ok2, e2 = pcall(spell.run, "large")
return { e.kind, e2.kind }

--- [other models] name another model than the one that was granted, beside it
--- allow: {"models": ["keyed/cheap"]}
--- gives: ["value","value","value","permission","permission"]
local function try(work) local ok, e = pcall(work) return ok and "done" or e.kind end
local cheap = llm("keyed/cheap")
return { try(function() return cheap:complete("x", { extra = { model = "dear" } }) end),
  try(function() for _ in cheap:stream("x", { extra = { models = { "dear" } } }) do end end),
  try(function() return agent { model = "keyed/cheap", options = { extra = { model = "dear" } } }:run("x") end),
  try(function() return llm("keyed/cheap/../dear"):complete("x") end), try(function() return llm("keyed/./cheap"):complete("x") end) }

--- [answers] ask for more at once than a script may hold
--- fails: limit exceeded by answers that wait
local text = blob.from_text(("x"):rep(4000000))
local all = {}
for at = 1, 100 do all[at] = function() return #blob.text(text) end end
parallel(table.unpack(all))
print("went on")
