-- The bridge objects, built from the generated descriptions: functions, modules, and objects such as `llm`.
-- An object lives here alone; what its constructor was given travels with each call as `self`.
local bridge = ...
local concat, format, error, load = table.concat, string.format, error, loadstring or load
local next, rawequal = next, rawequal
local rawset, select, setmetatable, type = rawset, select, setmetatable, type

local encode, tasks, opaque = bridge.values.encode, bridge.tasks, bridge.state.opaque
local sent, numbers = bridge.state.sent, 0
local handle = bridge.main.handle
local described = bridge.proxies
local objects, modules = {}, {}
local selves = setmetatable({}, { __mode = "k" })

-- What is said of one of them, which is text until a script uses it.
local function read(kind, name)
  local made, problem = load("return " .. described[kind][name], "=")
  if not made then
    error(problem, 0) -- no memory
  end
  return made()
end

-- JSON of the arguments under the names of the parameters, after `first` (a member already in JSON, or nil).
local function named(params, first, ...)
  local given = select("#", ...)
  if given == 0 then
    return first and "{" .. first .. "}" or "{}"
  end
  local members, count = { first }, first and 1 or 0
  for i = 1, given < #params and given or #params do
    local value = (select(i, ...))
    if value ~= nil then
      count = count + 1
      members[count] = '"' .. params[i] .. '":' .. encode(value, "the argument " .. params[i], handle)
    end
  end
  return "{" .. concat(members, ",", 1, count) .. "}"
end

local function send(spec, args)
  local value, id = tasks.call(spec.method, args)
  if spec.stream then
    return bridge.streams.open(id)
  end
  return value
end

-- A function of the runtime.
function objects.single(name)
  local spec = read("functions", name)
  return function(...)
    return send(spec, named(spec.params, nil, ...))
  end
end

-- A member of a module: called with a dot or with a colon, since nobody can mean the module as an argument.
function objects.member(module, name, key)
  local members = modules[name] or read("modules", name)
  modules[name] = members
  local spec = members[key]
  if not spec then
    bridge.near.refuse(name, key, members)
  end
  local function call(first, ...)
    if rawequal(first, module) then
      return send(spec, named(spec.params, nil, ...))
    end
    return send(spec, named(spec.params, nil, first, ...))
  end
  rawset(module, key, call)
  return call
end

local function method(class, name, spec)
  return function(object, ...)
    local self = selves[object]
    if not self or self.class ~= class then
      bridge.errors.throw("type", format("%s is a method: call it with a colon, object:%s(...)", name, name))
    end
    return send(spec, named(spec.params, self.json, ...))
  end
end

-- The constructor of a class.
function objects.class(class)
  local spec, methods = read("classes", class), {}
  for name, of_method in next, spec.methods do
    methods[name] = method(class, name, of_method)
  end
  local meta = { __metatable = class, __name = class }
  function meta.__index(_, key)
    return methods[key] or bridge.near.refuse(class, key, methods)
  end
  opaque[meta] = class
  return function(...)
    local object, first = setmetatable({}, meta), nil
    if spec.numbered then
      numbers = numbers + 1
      first = format('"number":%d', numbers)
    end
    local json = named(spec.params, first, ...)
    selves[object] = { class = class, json = '"self":' .. json }
    if spec.numbered then
      sent[object] = format('{"%s":%s}', class, json)
    end
    return object
  end
end

function objects.tool(tools, _, name)
  if type(name) ~= "string" then
    return nil
  end
  return function(args, again)
    if rawequal(args, tools) then
      args = again
    end
    local json = args == nil and "{}" or encode(args, "the argument", handle)
    return (tasks.call("tools.call", '{"name":' .. encode(name, "the name") .. ',"arguments":' .. json .. "}"))
  end
end

return objects
