-- The globals of a script: what the sandbox allows of Lua's own, what the prelude replaces, and what it adds.
local bridge = ...
local concat, date, error, find, floor = table.concat, os.date, error, string.find, math.floor
local format, getmetatable, gsub = string.format, debug.getmetatable, string.gsub
local ipairs, pairs, rawget, rep = ipairs, pairs, rawget, string.rep
local select, setmetatable, tonumber, type = select, setmetatable, tonumber, type
local random, randomseed, raw = math.random, math.randomseed, _G

-- Text ------------------------------------------------------------------------------------------------------

local numbers, last_number = setmetatable({}, { __mode = "k" }), 0
local raw_tostring = tostring
local by_address = { table = true, ["function"] = true, thread = true, userdata = true }

-- Like tostring without metamethods; a counter stands where Lua would show an address.
function bridge.tostring_raw(value, name)
  local kind = type(value)
  if not by_address[kind] then
    return raw_tostring(value)
  end
  if not numbers[value] then
    last_number = last_number + 1
    numbers[value] = last_number
  end
  return format("%s: %d", name or kind, numbers[value])
end

function bridge.tostring(value)
  local meta = type(value) == "table" and getmetatable(value)
  if not meta then
    return bridge.tostring_raw(value)
  end
  local show, name = rawget(meta, "__tostring"), rawget(meta, "__name")
  if show == nil then
    return bridge.tostring_raw(value, type(name) == "string" and name or nil)
  end
  local text = show(value)
  if type(text) ~= "string" then
    error("'__tostring' must return a string", 2)
  end
  return text
end

local function shown(value)
  local meta = type(value) == "table" and getmetatable(value)
  if meta and rawget(meta, "__tostring") ~= nil then
    return bridge.tostring(value)
  end
  return bridge.display(value)
end

local function line_of(...)
  local pieces = {}
  for i = 1, select("#", ...) do
    pieces[i] = shown((select(i, ...)))
  end
  return concat(pieces, "\t")
end

local function print(...)
  bridge.write(line_of(...) .. "\n")
end

local function write(...)
  for i = 1, select("#", ...) do
    bridge.write(shown((select(i, ...))))
  end
end

local function logger()
  local log = { __name = "log", __metatable = "log", __call = function(_, ...) bridge.log("info", line_of(...)) end }
  local levels = {}
  for _, level in ipairs { "debug", "info", "warn", "error" } do
    levels[level] = function(...) bridge.log(level, line_of(...)) end
  end
  return setmetatable(levels, log)
end

-- Strings ---------------------------------------------------------------------------------------------------

local function format_shown(pattern, ...)
  if find(gsub(pattern, "%%%%", ""), "%%[^%a]*p") then
    error("invalid conversion '%p' to 'format': there are no addresses here", 2)
  end
  local args, count = { ... }, select("#", ...)
  for i = 1, count do
    if by_address[type(args[i])] then
      args[i] = bridge.tostring(args[i])
    end
  end
  return format(pattern, bridge.unpack(args, 1, count))
end

local function safe_format(pattern, ...)
  local count = select("#", ...)
  if type(pattern) == "string" and count > 0 and find(pattern, "[sp]") then
    return format_shown(pattern, ...)
  end
  return format(pattern, ...)
end

local function safe_rep(text, count, separator)
  if type(text) == "string" and type(count) == "number" then
    local piece = #text + (type(separator) == "string" and #separator or 0)
    if piece == 0 then
      return "" -- Lua would count to the end all the same
    elseif piece * count > bridge.max_memory then
      bridge.over_limit("memory")
      bridge.stop()
    end
  end
  return rep(text, count, separator)
end

-- Time and randomness ---------------------------------------------------------------------------------------

-- Days from 1970 of a civil date (Howard Hinnant, "chrono-compatible low-level date algorithms").
local function days(year, month, day)
  year = month <= 2 and year - 1 or year
  local era = floor(year / 400)
  local of_era = year - era * 400
  local of_year = floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468
end

local function field(fields, name, default)
  local value = fields[name]
  value = value == nil and default or tonumber(value)
  if not value or value ~= floor(value) or value > 2 ^ 31 or value < -2 ^ 31 then
    error(format("field '%s' %s in date table", name, value and "is out of bounds" or "missing"), 3)
  end
  return value
end

local function time(fields)
  if fields == nil then
    return floor(bridge.now())
  end
  local year, month = field(fields, "year"), field(fields, "month") - 1
  local day = days(year + floor(month / 12), month % 12 + 1, 1) + field(fields, "day") - 1
  local seconds = field(fields, "hour", 12) * 3600 + field(fields, "min", 0) * 60 + field(fields, "sec", 0)
  return floor(day * 86400 + seconds)
end

-- The time zone of a spell is UTC, wherever it runs.
local function safe_date(pattern, seconds)
  pattern = gsub(pattern == nil and "%c" or pattern, "^!", "")
  return date("!" .. pattern, floor(seconds == nil and bridge.now() or seconds))
end

-- Two multiplicative generators combined (L'Ecuyer 1988), apart from math.random, which a script may seed.
local first, second = 1, 1

local function seed(value)
  first, second = value % 2147483562 + 1, floor(value / 4194304) % 2147483398 + 1
  randomseed(value)
end

local function bits16()
  first, second = first * 40014 % 2147483563, second * 40692 % 2147483399
  return floor((first - second) % 2147483562 / 32768) % 65536
end

local function uuid()
  local words = {}
  for i = 1, 8 do
    words[i] = bits16()
  end
  words[4], words[5] = words[4] % 4096 + 16384, words[5] % 16384 + 32768
  return format("%04x%04x-%04x-%04x-%04x-%04x%04x%04x", bridge.unpack(words))
end

local function safe_randomseed(...)
  if select("#", ...) == 0 then
    return randomseed(bits16())
  end
  return randomseed(...)
end

-- The sandbox -----------------------------------------------------------------------------------------------

local function safe_setmetatable(object, meta)
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
    error("a metatable of a script cannot have __gc", 2)
  end
  return setmetatable(object, meta)
end

local function array(list)
  if list ~= nil and type(list) ~= "table" then
    bridge.throw("type", "array takes a list")
  end
  return setmetatable(list or {}, bridge.Array)
end

local function allowed(names, from)
  local copy = {}
  for _, name in ipairs(names) do
    copy[name] = from[name]
  end
  return copy
end

local function libraries(env, sandbox)
  for name, names in pairs(sandbox.libraries) do
    env[name] = raw[name] and allowed(names, raw[name])
  end
  env.coroutine = bridge.coroutine
  env.table.unpack = bridge.unpack
  env.string.format, env.string.rep = safe_format, safe_rep
  env.math.randomseed = safe_randomseed
  env.os.time, env.os.date = time, safe_date
end

local function own(env)
  env._G, env.array, env.json, env.load, env.log = env, array, bridge.json, bridge.load, logger()
  env.null, env.pcall, env.print, env.xpcall = bridge.null, bridge.pcall, print, bridge.xpcall
  env.require, env.setmetatable, env.tostring = bridge.require, safe_setmetatable, bridge.tostring
  env.now, env.uuid, env.write, env.tools = bridge.now, uuid, write, bridge.tools()
  for _, name in ipairs { "parallel", "race", "timeout", "retry", "map" } do
    env[name] = bridge[name]
  end
end

local function proxies(env, described)
  for name, spec in pairs(described.functions) do
    env[name] = bridge.proxy(spec)
  end
  for name, specs in pairs(described.modules) do
    env[name] = bridge.module(name, specs)
  end
  for name, spec in pairs(described.classes) do
    env[name] = bridge.class(name, spec)
  end
end

function bridge.build(sandbox, described)
  local env = allowed(sandbox.globals, raw)
  libraries(env, sandbox)
  own(env)
  proxies(env, described)
  bridge.env = env
  local strings = getmetatable("")
  strings.__index, strings.__metatable = env.string, "string"
end

-- What belongs to one run.
function bridge.prepare(spell)
  local env, began = bridge.env, spell.now
  seed(spell.seed)
  bridge.name = spell.name
  env.params = spell.params
  env.os.clock = function() return bridge.now() - began end
  local module = env.spell
  module.name, module.run_id, module.language = spell.name, spell.run_id, "lua"
end
