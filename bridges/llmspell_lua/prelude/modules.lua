-- `require` and `load`. A module runs once, as a task of its own, and whoever needs it waits for its end.
local bridge = ...
local concat, error, format, ipairs = table.concat, error, string.format, ipairs
local load, next, select, setmetatable, type = load, next, select, setmetatable, type

local errors, state, tasks, values = bridge.errors, bridge.state, bridge.tasks, bridge.values
local functions = {}
local modules = {} -- resolved name -> record
local resolved = {} -- importer, NUL, specifier -> resolved name

-- The names from `record` to `goal`, each waiting for the next, or nil.
local function chain(record, goal)
  if record == goal then
    return record.name
  end
  for wanted in next, record.wants do
    local rest = chain(wanted, goal)
    if rest then
      return record.name .. " → " .. rest
    end
  end
end

local function wait_for(record, from)
  if from and not from.done then
    local cycle = chain(record, from)
    if cycle then
      errors.throw("spell", format("modules require each other: %s → %s", from.name, cycle))
    end
    from.wants[record] = true
  end
  record.waiters[#record.waiters + 1] = tasks.current()
  local value = tasks.park()
  if from then
    from.wants[record] = nil
  end
  return value
end

local function loaded(record)
  return function(ok, value, frames)
    record.done = true
    if ok and value == nil and not record.chunk then
      value = true
    end
    record.value = value
    if not ok then
      modules[record.name] = nil
    end
    for _, task in ipairs(record.waiters) do
      tasks.wake(task, ok, value, frames)
    end
  end
end

-- A module has the globals of the spell, but for its own `require`, which knows whose it is.
local function env_of(name)
  local function own_require(specifier)
    return functions.require_from(specifier, name)
  end
  return setmetatable({ require = own_require },
    { __index = state.env, __newindex = state.env, __metatable = "globals" })
end

-- A chunk is code of a session: it may be an expression, and its value is what it returns, nothing too.
local function start(name, source, chunk)
  local body = chunk and bridge.compile("return " .. source, name, env_of(name))
  local err
  if not body then
    body, err = bridge.compile(source, name, env_of(name))
  end
  if not body then
    error(err, 0)
  end
  local record = { name = name, chunk = chunk, waiters = {}, wants = {}, done = false }
  modules[name] = record
  tasks.spawn(nil, loaded(record), body, name).heir = state.main
  return record
end

local function find(specifier, from)
  local key = from .. "\0" .. specifier
  local record = modules[resolved[key]]
  if record then
    return record
  end
  local args = '{"specifier":%s,"importer":%s}'
  local module = tasks.call("module", format(args, values.encode(specifier, "the name"), values.quote(from)))
  resolved[key] = module.name
  return modules[module.name] or start(module.name, module.source, module.chunk)
end

function functions.require_from(specifier, from)
  if type(specifier) ~= "string" then
    errors.throw("type", "require takes the name of a module")
  end
  local record = find(specifier, from)
  if record.done then
    return record.value
  end
  return wait_for(record, modules[from])
end

function functions.require(specifier)
  return functions.require_from(specifier, state.name)
end

local function read_all(reader)
  local pieces = {}
  while true do
    local piece = reader()
    if piece == nil or piece == "" then
      return concat(pieces)
    elseif type(piece) ~= "string" then
      error("reader function must return a string", 0)
    end
    pieces[#pieces + 1] = piece
  end
end

-- Text only: bytecode can crash the interpreter.
function functions.load(source, name, mode, ...)
  if type(source) == "function" then
    local ok, text = bridge.protect.pcall(read_all, source)
    if not ok then
      return nil, text
    end
    source, name = text, name or "=(load)"
  end
  if mode == "b" then
    return nil, "attempt to load a text chunk (mode is 'b')"
  end
  local env = state.env
  if select("#", ...) > 0 then
    env = (...)
  end
  local body, message = load(source, name or source, "t", env)
  if not body then
    bridge.limits.inspect(message)
  end
  return body, message
end

return functions
