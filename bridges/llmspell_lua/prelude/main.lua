-- What the runtime may ask of the interpreter: start, answer, invoke, drain. All give messages as JSON.
local bridge = ...
local format, next, raw, type = string.format, next, _G, type

local functions, handles, last_handle = {}, {}, 0

-- The number under which the runtime may invoke a function.
function bridge.handle(body)
  local number = handles[body]
  if not number then
    last_handle = last_handle + 1
    number = last_handle
    handles[body], functions[number] = number, body
  end
  return number
end

local function fail(thrown, frames)
  bridge.over = true
  bridge.post("[6," .. bridge.describe(thrown, frames) .. "]")
end

-- JSON of a result, or nil and the error of kind `value`.
local function encoded(value)
  local ok, json = bridge.raw_pcall(bridge.encode, value, "the value")
  if ok then
    return json
  end
  return nil, json
end

local main_ended

local function run_main(body, ...)
  bridge.main = bridge.spawn(nil, main_ended, body, ...)
end

local function done(value)
  local json, err = encoded(value)
  if not json then
    return fail(err, {})
  end
  bridge.over = true
  bridge.post("[5," .. json .. "]")
end

function main_ended(ok, value, frames)
  if not ok then
    return fail(value, frames)
  elseif type(value) == "function" then
    return run_main(value, bridge.env.params)
  end
  done(value)
end

local function invoked(id)
  return function(ok, value, frames)
    local json, err
    if ok then
      json, err = encoded(value)
    end
    if json then
      return bridge.post(format("[2,%d,%s]", id, json))
    end
    bridge.post(format("[3,%d,%s]", id, bridge.describe(ok and err or value, frames or {})))
  end
end

function bridge.start(spell)
  bridge.set_limits(spell.limits)
  bridge.prepare(spell)
  bridge.begin(spell.now)
  local body, err = bridge.compile(spell.source, spell.name)
  if body then
    run_main(body)
  else
    fail(err, {})
  end
  return bridge.finish_slice()
end

function bridge.invoke(now, id, number, args, count)
  bridge.begin(now)
  local body = functions[number]
  if body then
    bridge.spawn(nil, invoked(id), body, bridge.unpack(args, 1, count))
  else
    local err = bridge.new_error("not_found", format("the spell has no function %d", number))
    bridge.post(format("[3,%d,%s]", id, bridge.describe(err, {})))
  end
  return bridge.finish_slice()
end

-- Nothing of the real globals stays where a mistake could find it.
function bridge.seal()
  raw.package.loaded.python = nil
  for name in next, raw do
    raw[name] = nil
  end
end
