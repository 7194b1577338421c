-- parallel, race, timeout, retry and map: child tasks, and a parent that waits for them.
local bridge = ...
local floor, format, isyieldable, min, rawget = math.floor, string.format, coroutine.isyieldable, math.min, rawget
local select, type, unpack, xpcall = select, type, table.unpack or unpack, xpcall

local park, release, spawn, wake = bridge.park, bridge.release, bridge.spawn, bridge.wake

local function expect(kind, value, what)
  if type(value) ~= kind then
    bridge.throw("type", format("%s must be a %s, not %s", what, kind, value == nil and "nil" or "a " .. type(value)))
  end
  return value
end

local function expect_functions(name, ...)
  local functions = { ... }
  for i = 1, select("#", ...) do
    expect("function", functions[i], format("argument %d of %s", i, name))
  end
  return functions, select("#", ...)
end

local function option(options, name, default, least)
  local value = options and rawget(options, name)
  if value == nil then
    return default
  end
  if expect("number", value, "the option " .. name) ~= value or value < least then
    bridge.throw("value", format("the option %s must be at least %d", name, least))
  end
  return value
end

local function parent_task()
  if not isyieldable() then
    bridge.cannot_wait()
  end
  return bridge.current_task()
end

-- Runs `count` tasks, at most `width` at once; `job(i)` gives the function and its arguments.
local function gather(count, width, job)
  local parent, results, left, started = parent_task(), {}, count, 0
  local function start()
    started = started + 1
    local index = started
    spawn(parent, function(ok, value, frames)
      if not ok then
        release(parent)
        return wake(parent, false, value, frames)
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

function bridge.parallel(...)
  local functions, count = expect_functions("parallel", ...)
  local results = gather(count, count, function(i) return functions[i] end)
  return unpack(results, 1, count)
end

function bridge.race(...)
  local functions, count = expect_functions("race", ...)
  if count == 0 then
    bridge.throw("value", "race needs at least one function")
  end
  local parent = parent_task()
  for i = 1, count do
    spawn(parent, function(ok, value, frames)
      release(parent)
      wake(parent, ok, value, frames)
    end, functions[i])
  end
  return park()
end

function bridge.timeout(seconds, body)
  expect("number", seconds, "the time of timeout")
  expect("function", body, "argument 2 of timeout")
  local parent = parent_task()
  local args = '{"seconds":' .. bridge.encode(seconds, "the time of timeout") .. "}"
  parent.timer = bridge.call_back("sleep", args, function(ok, err)
    parent.timer = nil
    release(parent)
    wake(parent, false, ok and bridge.new_error("timeout", format("took longer than %.14g s", seconds))
      or bridge.as_error(err))
  end)
  spawn(parent, function(ok, value, frames)
    release(parent)
    wake(parent, ok, value, frames)
  end, body)
  return park()
end

function bridge.retry(body, options)
  expect("function", body, "argument 1 of retry")
  if options ~= nil then
    expect("table", options, "argument 2 of retry")
  end
  local attempts = option(options, "attempts", 3, 1)
  local delay, factor = option(options, "delay", 0.5, 0), option(options, "factor", 2, 0)
  local attempt = 0
  while true do
    attempt = attempt + 1
    local frames
    local ok, value = bridge.xpcall(body, function(err)
      frames = bridge.frames()
      return err
    end, attempt)
    if ok then
      return value
    elseif attempt >= attempts then
      bridge.throw_on(value, frames)
    end
    bridge.call("sleep", '{"seconds":' .. bridge.encode(delay, "the delay") .. "}")
    delay = delay * factor
  end
end

local function length_of(list)
  local count = 0
  while rawget(list, count + 1) ~= nil do
    count = count + 1
  end
  return count
end

function bridge.map(list, body, options)
  expect("table", list, "argument 1 of map")
  expect("function", body, "argument 2 of map")
  if options ~= nil then
    expect("table", options, "argument 3 of map")
  end
  local count, width = length_of(list), floor(option(options, "concurrency", 8, 1))
  local results = gather(count, width, function(i) return body, rawget(list, i), i end)
  for i = 1, count do
    if results[i] == nil then
      results[i] = bridge.null
    end
  end
  return bridge.as_array(results)
end
