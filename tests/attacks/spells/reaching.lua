--- [python] use the library of the binding
--- gives: []
local found = array{}
for _, name in ipairs{"python", "lupa", "_PYTHON", "builtins", "eval", "as_attrgetter"} do
  if _G[name] ~= nil then found[#found + 1] = name end
end
return found

--- [python] look for it in every table within reach
--- gives: []
local found, seen = array{}, {}
local function visit(name, value)
  if type(value) == "userdata" then found[#found + 1] = name end
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, inner in next, value do visit(name .. "." .. tostring(key), inner) end
  local meta = getmetatable(value)
  if type(meta) == "table" then visit(name .. "@", meta) end
end
visit("_G", _G)
return found

--- [python] read attributes of everything the host gives
--- gives: []
local found = array{}
local things = {params, spell, tools, null, llm, stdin, sleep, print, tools.echo, tools.echo{value = {1}}, spell.usage()}
for i = 1, #things do
  for _, name in ipairs{"__class__", "__globals__", "__init__", "gi_frame", "f_builtins", "__dict__"} do
    local ok, value = pcall(function() return things[i][name] end)
    if ok and value ~= nil and type(value) ~= "function" then found[#found + 1] = i .. name end
  end
end
return found

--- [python] look at the error object of the host
--- gives: ["table","error"]
local ok, e = pcall(tools.fail, {message = "x"})
return {type(e), getmetatable(e)}

--- [debug] take hooks, locals, upvalues or the registry
--- gives: true
return debug == nil and getfenv == nil and setfenv == nil and newproxy == nil

--- [io] open a file
--- fails: spell global 'io'
return io.open("/etc/passwd"):read("a")

--- [io] load a file as code
--- gives: true
return dofile == nil and loadfile == nil

--- [os] run a program, read the environment, leave the process
--- gives: ["clock","date","difftime","time"]
local names = array{}
for name in pairs(os) do names[#names + 1] = name end
table.sort(names)
return names

--- [os] ask for a date in a hostile format
--- gives: [false,false,false,false]
local found = array{}
for _, format in ipairs{"%", "%E", ("%c"):rep(1000), "%Q"} do
  found[#found + 1] = (pcall(os.date, format)) and #os.date(format) > 1e6
end
return found

--- [package] search paths for C libraries
--- gives: true
return package == nil and module == nil

--- [require] load a C library
--- gives: ["not_found","not_found","not_found","not_found","not_found"]
local kinds = array{}
for _, name in ipairs{"io", "os", "ffi", "/lib/x86_64-linux-gnu/libc.so.6", "../../../../lib/libc"} do
  local ok, e = pcall(require, name)
  kinds[#kinds + 1] = e.kind
end
return kinds

--- [bytecode] load a valid chunk of bytecode
--- gives: [true,true,true]
local refused = array{}
for _, mode in ipairs{"b", "bt", "t"} do
  refused[#refused + 1] = load("\27Lua\x54\0\x19\x93\r\n\x1a\n\4\8\8xV\0\0\0\0\0\0\0\0\0\0\0(w@\1", "x", mode) == nil
end
return refused

--- [bytecode] load a thousand mutated chunks
--- gives: 0
local loaded = 0
for i = 1, 1000 do
  local bytes = {"\27Lua\x54\0\x19\x93\r\n\x1a\n"}
  for j = 2, 60 do bytes[j] = string.char(math.random(0, 255)) end
  if load(table.concat(bytes), "x", "b") then loaded = loaded + 1 end
end
return loaded

--- [bytecode] hand it over in pieces
--- gives: true
local pieces, i = {"\27", "Lua", "\x54\0\x19\x93\r\n\x1a\n"}, 0
return load(function() i = i + 1 return pieces[i] end, "x", "b") == nil

--- [bytecode] make the whole spell of bytecode
--- fails: spell
\27Lua

--- [bytecode] ask a module for bytecode
--- fails: not_found
return require("\27Lua")

--- [string.dump] write a function as bytecode
--- gives: true
return string.dump == nil and ("").dump == nil

--- [string metatable] poison what every text inherits from
--- gives: "string"
local meta = getmetatable("")
pcall(function() meta.__index = function() error("mine") end end)
pcall(setmetatable, "", {})
return type(("").upper) == "function" and meta

--- [string metatable] replace the methods of text, then make the host show and describe things
--- fails: spell mine
for name in pairs(string) do string[name] = function() error("poison") end end
for name in pairs(table) do table[name] = function() error("poison") end end
print({a = {1, 2}}, 1.5, "text")
json.encode({a = "\n"})
tools.echo{value = {1}}
error("mine", 0)

--- [upvalues] change the prelude through its functions
--- gives: true
return debug == nil and load("return debug")() == nil

--- [upvalues] give functions of the prelude another environment
--- gives: true
return setfenv == nil and load("return _ENV.debug", "x", "t", {debug = 1})() == 1 and _ENV.debug == nil

--- [collectgarbage] stop or provoke collection
--- gives: true
return collectgarbage == nil

--- [__gc] run code in a finalizer
--- fails: spell cannot have __gc
setmetatable({}, {__gc = function() while true do end end})

--- [__gc] add the finalizer later
--- gives: 0
local ran, meta = 0, {}
for i = 1, 100 do setmetatable({}, meta) end
meta.__gc = function() ran = ran + 1 end
for i = 1, 100 do setmetatable({}, meta == 1 and {} or nil) end
local t
for i = 1, 1e5 do t = {} end
return ran

--- [__gc] hide it from the check behind __index
--- gives: 0
local ran = 0
for i = 1, 100 do
  setmetatable({}, setmetatable({}, {__index = {__gc = function() ran = ran + 1 end}}))
end
local t
for i = 1, 1e5 do t = {} end
return ran

--- [__close] close something endlessly
--- fails: limit CPU limit
local x <close> = setmetatable({}, {__close = function() while true do end end})

--- [__close] go on in a closer after the limit
--- fails: limit CPU limit
local x <close> = setmetatable({}, {__close = function() tools.echo{} print("went on") while true do print("went on") end end})
local y <close> = setmetatable({}, {__close = function() print("went on") end})
while true do end

--- [metamethods at the border] give the host an object whose metamethods run code
--- gives: {"plain":1}
local function trap() while true do end end
return setmetatable({plain = 1}, {__index = trap, __len = trap, __pairs = trap, __tostring = trap, __call = trap,
  __eq = trap, __lt = trap, __concat = trap, __name = "\255"})

--- [metamethods at the border] throw such an object
--- limits: cpu=0.1
--- fails: spell
local function trap() while true do end end
error(setmetatable({plain = 1}, {__index = trap, __len = trap, __pairs = trap, __tostring = trap, __name = "\255"}))

--- [metamethods at the border] print an object whose __tostring lies
--- gives: [false,false,true]
local results = array{}
for _, lie in ipairs{function() return {} end, function() error("x") end, function() return "fine" end} do
  results[#results + 1] = (pcall(print, setmetatable({}, {__tostring = lie})))
end
return results

--- [metamethods at the border] name an object with invalid UTF-8
--- fails: value not valid UTF-8
print(tostring(setmetatable({}, {__name = "\255"})))

--- [ffi] use the foreign function interface of LuaJIT
--- dialect: luajit
--- only: process
--- gives: [true,true]
local ok = pcall(require, "ffi")
return {ffi == nil and jit == nil, not ok}

--- [ffi] look for it in every table within reach
--- dialect: luajit
--- only: process
--- gives: []
local found, seen = array{}, {}
local function visit(name, value)
  if type(value) == "userdata" or type(value) == "cdata" then found[#found + 1] = name end
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, inner in next, value do visit(name .. "." .. tostring(key), inner) end
end
visit("_G", _G)
return found

--- [ffi] write a number that makes a cdata
--- dialect: luajit
--- only: process
--- fails: value is a
return 1LL

--- [bytecode] load bytecode of LuaJIT
--- dialect: luajit
--- only: process
--- gives: [true,true]
return {load("\27LJ\2\0\0\0") == nil, string.dump == nil}
