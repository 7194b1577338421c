-- The scheduler. A task is a coroutine of ours that runs one script function; it waits by making a call (or
-- for its children) and is resumed by the answer. Nothing here nests: ready tasks queue up and run in turn.
local bridge = ...
local close, create, error, format = coroutine.close, coroutine.create, error, string.format
local getmetatable, isyieldable, next, rawequal = debug.getmetatable, coroutine.isyieldable, next, rawequal
local resume, select, setmetatable, type = coroutine.resume, select, setmetatable, type
local unpack, yield = table.unpack or unpack, coroutine.yield

local limits, output, state = bridge.limits, bridge.output, bridge.state
local arm, WAIT, post = limits.arm, limits.WAIT, output.post
local tasks = {}

local last_call = 0
local counted = 0 -- reading on in a stream is no call of its own
local waiting = {} -- call -> the task that waits for it, or a function to be told
local ready, first_ready, last_ready = {}, 1, 0
local current -- the task that runs now
local now = 0

tasks.of = setmetatable({}, { __mode = "k" }) -- coroutine -> task
tasks.resumers = setmetatable({}, { __mode = "k" }) -- a script's coroutine -> who resumed it

function tasks.current()
  return current
end

function tasks.now()
  return now
end

-- Calls ----------------------------------------------------------------------------------------------------

-- A call whose answer goes to `waiter`: a task, or a function of ok and value.
local function open_call(method, args, waiter)
  limits.check()
  last_call = last_call + 1
  if method ~= "next" then
    counted = counted + 1
    if counted > limits.max_calls then
      limits.exceed("calls")
      limits.stop()
    end
  end
  waiting[last_call] = waiter
  post("[0," .. format("%d", last_call) .. ',"' .. method .. '",' .. args .. "]")
  return last_call
end

-- Makes a call and waits: whether it succeeded, the value or the error object, and the number of the call.
local function ask(method, args)
  if not isyieldable() then
    bridge.errors.cannot_wait()
  end
  local id = open_call(method, args, current)
  current.call = id
  local ok, value = yield(WAIT)
  return ok, value, id
end

-- Makes a call and waits: the value and the number of the call, or the error is thrown.
function tasks.call(method, args)
  local ok, value, id = ask(method, args)
  if not ok then
    bridge.errors.raise(value)
  end
  return value, id
end

function tasks.cancel_call(id)
  if waiting[id] then
    waiting[id] = nil
    post(format("[1,%d]", id))
  end
end

tasks.open_call = open_call
tasks.ask = ask

-- Waiting for other tasks ----------------------------------------------------------------------------------

local function make_ready(...)
  last_ready = last_ready + 1
  ready[last_ready] = { n = select("#", ...), ... }
end

-- Starts a task, at the end of the queue. `ended(ok, value, frames)` is told how it went, unless it is
-- cancelled, which happens with its `parent` if it has one.
function tasks.spawn(parent, ended, body, ...)
  local thread = create(body)
  arm(thread)
  local task = { thread = thread, body = body, ended = ended, parent = parent, heir = parent }
  tasks.of[thread] = task
  if parent then
    parent.children = parent.children or {}
    parent.children[task] = true
  end
  make_ready(task, ...)
  return task
end

-- Throws an error of another coroutine, and remembers where that was.
function tasks.rethrow(err, frames)
  local errors = bridge.errors
  if frames then
    current.thrown = { err, frames }
  elseif rawequal(getmetatable(err), errors.Error) then
    errors.locate(err)
  end
  error(err, 0)
end

-- Waits until `wake` is called for the current task. Gives the value or throws the error.
function tasks.park()
  local ok, value, frames = yield(WAIT)
  if not ok then
    tasks.rethrow(value, frames)
  end
  return value
end

function tasks.wake(task, ok, value, frames)
  make_ready(task, ok, value, frames)
end

-- Ending ---------------------------------------------------------------------------------------------------

local function close_streams(task)
  local stream = task.streams and next(task.streams)
  while stream do
    bridge.streams.close(stream)
    stream = next(task.streams)
  end
end

-- Withdraws whatever a waiting task waits for.
function tasks.release(task)
  if task.call then
    tasks.cancel_call(task.call)
    task.call = nil
  end
  if task.timer then
    tasks.cancel_call(task.timer)
    task.timer = nil
  end
  local child = task.children and next(task.children)
  while child do
    tasks.cancel(child)
    child = next(task.children)
  end
end

local function leave(task)
  task.done = true
  if task.parent then
    task.parent.children[task] = nil
  end
end

-- Ends a task without running any of its code again.
function tasks.cancel(task)
  leave(task)
  tasks.release(task)
  close_streams(task)
  task.thread = nil
end

-- The frames of an error that ended a task, after those of where it was first thrown.
local function frames_of(task, value)
  local frames, thrown = bridge.errors.frames(task.thread), task.thrown
  if not thrown or not rawequal(thrown[1], value) then
    return frames
  end
  local all = {}
  for _, list in next, { thrown[2], frames } do
    for i = 1, #list do
      all[#all + 1] = list[i]
    end
  end
  return all
end

-- Streams outlive the task that opened them, in its parent: its value may be a stream.
local function give_streams(task)
  local heir = task.heir
  if not close or not heir then -- without `<close>` a loop that was left early ends here
    return close_streams(task)
  end
  heir.streams = heir.streams or {}
  for stream in next, task.streams do
    heir.streams[stream] = true
    stream.owner = heir
  end
end

local function fail(task, value)
  if limits.is_fatal(value) then
    return limits.exceed("memory")
  end
  local frames = frames_of(task, value)
  if close then
    close(task.thread)
  end
  close_streams(task)
  if state.killed == nil then
    leave(task)
    task.ended(false, value, frames)
  end
end

local function succeed(task, value)
  if task.streams then
    give_streams(task)
  end
  leave(task)
  task.ended(true, value)
end

local function run(task, ...)
  if task.done then
    return
  end
  current = task
  local ok, value = resume(task.thread, ...)
  if value == WAIT or state.killed ~= nil then
    return
  elseif ok then
    succeed(task, value)
  else
    fail(task, value)
  end
end

-- The task that made the latest of the calls that are open, if it is one that waits for its answer.
function tasks.latest()
  local last = 0
  for id, waiter in next, waiting do
    last = type(waiter) == "table" and id > last and id or last
  end
  return waiting[last]
end

-- Slices ---------------------------------------------------------------------------------------------------

-- `time` is nil when the slice already runs.
function tasks.begin(time)
  if time then
    now = time
    limits.begin_slice()
  end
end

-- Runs all that can run and gives the messages.
function tasks.finish()
  while first_ready <= last_ready and state.killed == nil and not state.over do
    local entry = ready[first_ready]
    ready[first_ready] = nil
    first_ready = first_ready + 1
    run(unpack(entry, 1, entry.n))
  end
  if state.killed ~= nil and not state.over then
    state.over = true
    post("[6," .. bridge.describe(limits.reason(current and current.thread), {}) .. "]")
  end
  current = nil
  return output.drain()
end

-- The answer of the runtime to a call; `boxed` says that the value is inside a table.
function tasks.answer(time, id, ok, value, boxed)
  tasks.begin(time)
  if boxed then
    value = value[1]
  end
  local waiter = waiting[id]
  if waiter == nil then
    return ""
  end
  waiting[id] = nil
  if not ok and (value.kind == "limit" or value.kind == "cancelled") then
    state.killed = bridge.errors.as_error(value)
  elseif type(waiter) == "function" then
    waiter(ok, value)
  else
    waiter.call = nil
    run(waiter, ok, value)
  end
  return tasks.finish()
end

return tasks
