-- The globals of a script: what the sandbox allows of Lua's own, what the prelude replaces, and what it adds.
local bridge = ...
local error, getmetatable, next, rawget = error, debug.getmetatable, next, rawget
local setmetatable, type, unpack, raw = setmetatable, type, table.unpack or unpack, _G

local state, tasks = bridge.state, bridge.tasks

-- Loads its part when it is first called.
local function late(part, name)
  return function(...)
    return bridge[part][name](...)
  end
end

local function allowed(names, from)
  local copy = {}
  for i = 1, #names do
    copy[names[i]] = from[names[i]]
  end
  return copy
end

local function replace(library, part, names)
  for i = 1, #names do
    library[names[i]] = late(part, names[i])
  end
  return library
end

local function safe_setmetatable(object, meta)
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
    error("a metatable of a script cannot have __gc", 2)
  end
  return setmetatable(object, meta)
end

local function array(list)
  if list ~= nil and type(list) ~= "table" then
    bridge.errors.throw("type", "array takes a list")
  end
  return bridge.values.as_array(list or {})
end

local function log()
  local function at(level)
    return function(...) bridge.text.log(level, ...) end
  end
  local info = at("info")
  local meta = { __metatable = "log", __name = "log", __call = function(_, ...) info(...) end }
  state.opaque[meta] = "log"
  return setmetatable({ debug = at("debug"), info = info, warn = at("warn"), error = at("error") }, meta)
end

-- A table whose members are made when they are first used.
local function object(name, make)
  local meta = { __metatable = name, __name = name }
  function meta.__index(self, key)
    return make(self, name, key)
  end
  state.opaque[meta] = name
  return setmetatable({}, meta)
end

local function proxy(kind, name)
  local made
  return function(...)
    made = made or bridge.objects[kind](name)
    return made(...)
  end
end

local function libraries(env, sandbox)
  for name, names in next, sandbox.libraries do
    env[name] = raw[name] and allowed(names, raw[name])
  end
  env.table.unpack = unpack
  replace(env.string, "text", { "format", "rep" })
  replace(env.math, "time", { "randomseed" })
  replace(env.os, "time", { "clock", "date", "time" })
  local close = raw.coroutine.close and "close"
  replace(env.coroutine, "coroutines",
    { "create", "isyieldable", "resume", "running", "status", "wrap", "yield", close })
end

local function own(env)
  env._G, env.array, env.log, env.setmetatable = env, array, log(), safe_setmetatable
  env.null, env.pcall, env.xpcall = state.null, bridge.protect.pcall, bridge.protect.xpcall
  env.now, env.json = tasks.now, replace({}, "json", { "decode", "encode" })
  replace(env, "groups", { "parallel", "race", "timeout", "retry", "map" })
  replace(env, "modules", { "load", "require" })
  replace(env, "text", { "print", "tostring", "write" })
  replace(env, "time", { "uuid" })
end

local function proxies(env, described)
  for name in next, described.functions do
    env[name] = proxy("single", name)
  end
  for name in next, described.classes do
    env[name] = proxy("class", name)
  end
  for name in next, described.modules do
    env[name] = object(name, function(...) return bridge.objects.member(...) end)
  end
  env.tools = object("tools", function(...) return bridge.objects.tool(...) end)
end

return function()
  local env = allowed(bridge.sandbox.globals, raw)
  libraries(env, bridge.sandbox)
  own(env)
  proxies(env, bridge.proxies)
  local strings = getmetatable("")
  strings.__index, strings.__metatable = env.string, "string"
  return env
end
