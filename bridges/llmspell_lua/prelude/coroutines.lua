-- What a script gets for coroutine.*, pcall and xpcall. A wait inside a script's own coroutine passes through
-- every `resume` up to the scheduler, and its answer down again; fatal errors pass through every handler.
local bridge = ...
local close, create, error, isyieldable = coroutine.close, coroutine.create, error, coroutine.isyieldable
local pcall, resume, running, setmetatable = pcall, coroutine.resume, coroutine.running, setmetatable
local status, yield = coroutine.status, coroutine.yield

local limits, state, tasks = bridge.limits, bridge.state, bridge.tasks
local inspect, resumers, task_of, WAIT = limits.inspect, tasks.resumers, tasks.of, limits.WAIT
local waits = setmetatable({}, { __mode = "k" }) -- coroutines whose wait is passed on
local env = {}

local function go_on(thread, ...)
  waits[thread] = nil
  return resume(thread, ...)
end

local function refuse_wait(thread)
  tasks.release(tasks.current())
  local _, err = pcall(bridge.errors.cannot_wait)
  return go_on(thread, false, err)
end

local function pass(thread, ok, first, ...)
  if ok and first == WAIT then
    if state.killed ~= nil then
      limits.stop()
    end
    waits[thread] = true
    if not isyieldable() then
      return pass(thread, refuse_wait(thread))
    end
    return pass(thread, go_on(thread, yield(WAIT)))
  end
  resumers[thread] = nil
  if not ok then
    inspect(first)
  end
  return ok, first, ...
end

local function is_ours(thread)
  return task_of[thread] ~= nil or waits[thread]
end

function env.create(body)
  local thread = create(body)
  limits.arm(thread)
  return thread
end

function env.resume(thread, ...)
  if is_ours(thread) then
    return false, "cannot resume non-suspended coroutine"
  end
  resumers[thread] = running()
  return pass(thread, resume(thread, ...))
end

local function unwrap(thread, ok, ...)
  if ok then
    return ...
  end
  local err = (...)
  local frames = bridge.errors.frames(thread)
  if close and status(thread) == "dead" then
    close(thread)
  end
  tasks.rethrow(err, frames)
end

function env.wrap(body)
  local thread = env.create(body)
  return function(...)
    return unwrap(thread, env.resume(thread, ...))
  end
end

function env.yield(...)
  if task_of[running()] then
    error("attempt to yield from outside a coroutine", 2)
  end
  return yield(...)
end

function env.isyieldable()
  return isyieldable() and task_of[running()] == nil
end

function env.running()
  local thread = running()
  return thread, task_of[thread] ~= nil
end

function env.status(thread)
  if waits[thread] then
    return "normal"
  elseif task_of[thread] then
    return thread == running() and "running" or "normal"
  end
  return status(thread)
end

local function closed(ok, ...)
  if not ok then
    inspect((...))
  end
  return ok, ...
end

if close then
  function env.close(thread)
    if is_ours(thread) then
      error("cannot close a " .. env.status(thread) .. " coroutine", 2)
    end
    return closed(close(thread))
  end
end

return env
