-- The bridge objects, built from the generated descriptions: functions, modules, and objects such as `llm`.
-- An object lives here alone; what its constructor was given travels with each call as `self`.
local bridge = ...
local abs, concat, format, min, sort, sub = math.abs, table.concat, string.format, math.min, table.sort, string.sub
local ipairs, pairs, rawequal, select, setmetatable, type = ipairs, pairs, rawequal, select, setmetatable, type

local encode = bridge.encode_argument
local selves = setmetatable({}, { __mode = "k" })

-- The edit distance of two short names (Levenshtein's, one row at a time).
local function distance(left, right)
  local row = {}
  for j = 0, #right do
    row[j] = j
  end
  for i = 1, #left do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #right do
      local same = sub(left, i, i) == sub(right, j, j)
      diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (same and 0 or 1))
    end
  end
  return row[#right]
end

local function hint(name, known)
  local near, all = {}, {}
  for candidate in pairs(known) do
    all[#all + 1] = candidate
    if #name < 40 and distance(name, candidate) <= 2 + #candidate / 5 then
      near[#near + 1] = candidate
    end
  end
  sort(near)
  sort(all)
  return #near > 0 and "did you mean " .. concat(near, " or ") .. "?" or "it has " .. concat(all, ", ")
end

local function no_member(owner, name, known)
  name = type(name) == "string" and bridge.clean(name) or bridge.tostring(name)
  bridge.throw("not_found", format("%s has no %s", owner, name), hint(name, known))
end

-- JSON of the arguments under the names of the parameters, after `first` (a member already in JSON, or nil).
local function named(params, keys, first, ...)
  local members, count = {}, 0
  if first then
    members[1], count = first, 1
  end
  for i = 1, min(#params, (select("#", ...))) do
    local value = (select(i, ...))
    if value ~= nil then
      count = count + 1
      members[count] = keys[i] .. encode(value, "the argument " .. params[i])
    end
  end
  return "{" .. concat(members, ",", 1, count) .. "}"
end

local function keys_of(params)
  local keys = {}
  for i, name in ipairs(params) do
    keys[i] = '"' .. name .. '":'
  end
  return keys
end

local function send(spec, args)
  local value, id = bridge.call(spec.method, args)
  if spec.stream then
    return bridge.open_stream(id)
  end
  return value
end

function bridge.proxy(spec)
  local params, keys = spec.params, keys_of(spec.params)
  return function(...)
    return send(spec, named(params, keys, nil, ...))
  end
end

-- A module is called with a dot; a colon does as well, since nobody can mean the module as an argument.
local function member(module, spec)
  local call = bridge.proxy(spec)
  return function(first, ...)
    if rawequal(first, module) then
      return call(...)
    end
    return call(first, ...)
  end
end

function bridge.module(name, specs)
  local module = {}
  local meta = { __name = name, __metatable = name }
  function meta.__index(_, key)
    no_member(name, key, specs)
  end
  for key, spec in pairs(specs) do
    module[key] = member(module, spec)
  end
  bridge.opaque[meta] = name
  return setmetatable(module, meta)
end

local function method(class, name, spec)
  local params, keys = spec.params, keys_of(spec.params)
  return function(object, ...)
    local self = selves[object]
    if not self or self.class ~= class then
      bridge.throw("type", format("%s is a method: call it with a colon, object:%s(...)", name, name))
    end
    return send(spec, named(params, keys, self.json, ...))
  end
end

function bridge.class(class, spec)
  local methods, params, keys = {}, spec.params, keys_of(spec.params)
  for name, of_method in pairs(spec.methods) do
    methods[name] = method(class, name, of_method)
  end
  local meta = { __name = class, __metatable = class }
  function meta.__index(_, key)
    return methods[key] or no_member(class, key, methods)
  end
  bridge.opaque[meta] = class
  return function(...)
    local object = setmetatable({}, meta)
    selves[object] = { class = class, json = '"self":' .. named(params, keys, nil, ...) }
    return object
  end
end

local function tool(tools, name)
  if type(name) ~= "string" then
    return nil
  end
  return function(args, again)
    if rawequal(args, tools) then
      args = again
    end
    local json = args == nil and "{}" or encode(args, "the argument")
    return (bridge.call("tools.call", '{"name":' .. encode(name, "the name") .. ',"arguments":' .. json .. "}"))
  end
end

function bridge.tools()
  local meta = { __name = "tools", __metatable = "tools", __index = tool }
  bridge.opaque[meta] = "tools"
  return setmetatable({}, meta)
end
