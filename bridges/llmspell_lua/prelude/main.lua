-- What the runtime may ask of the interpreter: to start a spell and to invoke its functions.
local bridge = ...
local format, next, pcall, randomseed = string.format, next, pcall, math.randomseed
local raw, type, unpack = _G, type, table.unpack or unpack

local limits, output, state, tasks = bridge.limits, bridge.output, bridge.state, bridge.tasks
local main = {}
local functions, handles, last_handle = {}, {}, 0

-- The number under which the runtime may invoke a function.
function main.handle(body)
  local number = handles[body]
  if not number then
    last_handle = last_handle + 1
    number = last_handle
    handles[body], functions[number] = number, body
  end
  return number
end

local function fail(thrown, frames)
  if limits.is_fatal(thrown) then
    return limits.exceed("memory")
  end
  state.over = true
  output.post("[6," .. bridge.describe(thrown, frames) .. "]")
end

local function done(value)
  local ok, json = pcall(bridge.values.encode, value, "the value")
  if not ok then
    return fail(json, {})
  end
  state.over = true
  output.post("[5," .. json .. "]")
end

local function finished(ok, value, frames)
  if ok then
    done(value)
  else
    fail(value, frames)
  end
end

-- A result that is a function is called for the real one.
local function ended(ok, value, frames)
  if ok and type(value) == "function" then
    state.main = tasks.spawn(nil, finished, value, state.env.params)
  else
    finished(ok, value, frames)
  end
end

local function raised(id, thrown, frames)
  if limits.is_fatal(thrown) then
    return limits.exceed("memory")
  end
  output.post(format("[3,%d,%s]", id, bridge.describe(thrown, frames)))
end

local function invoked(id)
  return function(ok, value, frames)
    if not ok then
      return raised(id, value, frames)
    end
    local fits, json = pcall(bridge.values.encode, value, "the value")
    if not fits then
      return raised(id, json, {})
    end
    output.post(format("[2,%d,%s]", id, json))
  end
end

-- Builds the sandbox, and takes lupa's own library out of reach.
function main.prepare()
  raw.python, raw.package.loaded.python = nil, nil
  state.env = bridge.globals()
  bridge.globals, bridge.sandbox = nil, nil
  -- Nearly every spell needs these: loaded here, they leave no garbage in it, and a warm worker has them.
  local _ = bridge.compile, bridge.values, bridge.objects
end

function main.start(spell)
  local env = state.env
  limits.set(spell.limits)
  state.name, state.seed, state.began = spell.name, spell.seed, spell.now
  randomseed(spell.seed)
  env.params = spell.params[1]
  env.spell.name, env.spell.run_id, env.spell.language = spell.name, spell.run_id, "lua"
  tasks.begin(spell.now)
  local body, err = bridge.compile(spell.source, spell.name, env)
  if body then
    state.main = tasks.spawn(nil, ended, body)
  else
    fail(err, {})
  end
  return tasks.finish()
end

function main.invoke(now, id, number, args, count)
  tasks.begin(now)
  local body = functions[number]
  if body then
    tasks.spawn(nil, invoked(id), body, unpack(args, 1, count))
  else
    raised(id, bridge.errors.new("not_found", format("the spell has no function %d", number)), {})
  end
  return tasks.finish()
end

-- Where the script is, for an error that ends it from outside, as JSON.
function main.whereabouts()
  local task = tasks.latest()
  local place = task and bridge.errors.place({}, bridge.errors.frames(task.thread)) or {}
  return bridge.values.encode(place, "the place")
end

-- The names of all globals, for who checks a source without running it.
function main.names()
  local names = { params = true }
  for name in next, state.env do
    names[name] = true
  end
  return names
end

return main
