-- parallel, race, timeout, retry and map: child tasks, and a parent that waits for them.
local bridge = ...
local floor, format, getmetatable = math.floor, string.format, debug.getmetatable
local isyieldable, min, next, rawget = coroutine.isyieldable, math.min, next, rawget
local select, type, unpack, xpcall = select, type, table.unpack or unpack, xpcall

local errors, tasks, values = bridge.errors, bridge.tasks, bridge.values
local park, release, spawn, wake = tasks.park, tasks.release, tasks.spawn, tasks.wake
local groups = {}

local function expect(kind, value, what)
  if type(value) ~= kind then
    errors.throw("type", format("%s must be a %s, not %s", what, kind, value == nil and "nil" or "a " .. type(value)))
  end
  return value
end

local function expect_options(owner, options, what, known)
  options = options == nil and {} or expect("table", options, what)
  for name in next, options do
    if not known[name] then
      bridge.near.refuse(owner, name, known)
    end
  end
  return options
end

local function expect_functions(name, ...)
  local functions, count = { ... }, select("#", ...)
  for i = 1, count do
    expect("function", functions[i], format("argument %d of %s", i, name))
  end
  return functions, count
end

local function option(options, name, default, least)
  local value = rawget(options, name)
  if value == nil then
    return default
  elseif not (expect("number", value, "the option " .. name) >= least) then
    errors.throw("value", format("the option %s must be at least %d", name, least))
  end
  return value
end

local function parent_task()
  if not isyieldable() then
    errors.cannot_wait()
  end
  return tasks.current()
end

-- The first child to end decides for its parent.
local function decide(parent)
  return function(ok, value, frames)
    release(parent)
    wake(parent, ok, value, frames)
  end
end

-- Runs `count` tasks, at most `width` at once; `job(i)` gives the function and its arguments.
local function gather(count, width, job)
  local parent, results, left, started = parent_task(), {}, count, 0
  local failed = decide(parent)
  local function start()
    started = started + 1
    local index = started
    spawn(parent, function(ok, value, frames)
      if not ok then
        return failed(ok, value, frames)
      end
      results[index] = value
      left = left - 1
      if started < count then
        start()
      elseif left == 0 then
        wake(parent, true)
      end
    end, job(index))
  end
  for _ = 1, min(width, count) do
    start()
  end
  if count > 0 then
    park()
  end
  return results
end

function groups.parallel(...)
  local functions, count = expect_functions("parallel", ...)
  return unpack(gather(count, count, function(i) return functions[i] end), 1, count)
end

function groups.race(...)
  local functions, count = expect_functions("race", ...)
  if count == 0 then
    errors.throw("value", "race needs at least one function")
  end
  local parent = parent_task()
  local ended = decide(parent)
  for i = 1, count do
    spawn(parent, ended, functions[i])
  end
  return park()
end

local function seconds_of(value, what)
  return '{"seconds":' .. values.encode(value, what) .. "}"
end

function groups.timeout(seconds, body)
  expect("number", seconds, "argument 1 of timeout")
  expect("function", body, "argument 2 of timeout")
  local parent = parent_task()
  local ended = decide(parent)
  parent.timer = tasks.open_call("sleep", seconds_of(seconds, "argument 1 of timeout"), function(ok, err)
    parent.timer = nil
    ended(false, ok and errors.new("timeout", format("took longer than %.14g s", seconds)) or errors.as_error(err))
  end)
  spawn(parent, ended, body)
  return park()
end

function groups.retry(body, options)
  expect("function", body, "argument 1 of retry")
  options = expect_options("retry", options, "argument 2 of retry", { attempts = true, delay = true, factor = true })
  local attempts, delay = option(options, "attempts", 3, 1), option(options, "delay", 0.5, 0)
  if attempts ~= floor(attempts) then
    errors.throw("value", "the option attempts must be a whole number")
  end
  local factor, attempt, frames = option(options, "factor", 2, 0), 0, nil
  local function note(err)
    frames = not bridge.limits.is_fatal(err) and errors.frames() or nil
    return err
  end
  while true do
    attempt = attempt + 1
    local ok, value = xpcall(body, note, attempt)
    if ok then
      return value
    end
    bridge.limits.inspect(value)
    if attempt >= attempts then
      tasks.rethrow(value, frames)
    end
    tasks.call("sleep", seconds_of(delay, "the delay"))
    delay = delay * factor
  end
end

-- The length of what must be a list: holes, text keys and streams are refused.
local function length_of(list)
  local opaque = bridge.state.opaque[getmetatable(list)]
  if opaque then
    errors.throw("type", "argument 1 of map must be a list, not a " .. opaque,
      opaque == "stream" and "collect() gives its items as a list" or nil)
  end
  local count, keys = 0, 0
  while rawget(list, count + 1) ~= nil do
    count = count + 1
  end
  for _ in next, list do
    keys = keys + 1
  end
  if keys > count then
    local what = count == 0 and type(next(list)) == "string" and "is an object" or bridge.display.odd_keys(list)
    errors.throw("type", "argument 1 of map must be a list, but it " .. what)
  end
  return count
end

function groups.map(list, body, options)
  expect("table", list, "argument 1 of map")
  expect("function", body, "argument 2 of map")
  options = expect_options("map", options, "argument 3 of map", { concurrency = true })
  local count, width = length_of(list), floor(option(options, "concurrency", 8, 1))
  local results = gather(count, width, function(i) return body, rawget(list, i), i end)
  for i = 1, count do
    if results[i] == nil then
      results[i] = values.null
    end
  end
  return values.as_array(results)
end

return groups
