-- The scheduler. A task is a coroutine of ours that runs one script function; it waits by making a call (or
-- for its children) and is resumed by the answer. Nothing here nests: ready tasks queue up and run in turn.
local bridge = ...
local close, concat, create, error, format = coroutine.close, table.concat, coroutine.create, error, string.format
local getmetatable = debug.getmetatable
local ipairs, isyieldable, next, rawequal, resume = ipairs, coroutine.isyieldable, next, rawequal, coroutine.resume
local setmetatable, type, yield = setmetatable, type, coroutine.yield

local WAIT = bridge.WAIT
local MAX_PIECES = 512 -- of text, before they become one message

local outbox, posted = {}, 0
local text, pieces = {}, 0
local printed = 0
local time = 0
local last_call = 0
local waiting = {} -- call -> the task that waits for it, or a function to be told
local ready, first_ready, last_ready = {}, 1, 0
local current -- the task that runs now
local task_of = setmetatable({}, { __mode = "k" }) -- coroutine -> task

bridge.task_of = task_of

-- Output ---------------------------------------------------------------------------------------------------

local function flush()
  local whole = concat(text, "", 1, pieces)
  text, pieces = {}, 0
  posted = posted + 1
  outbox[posted] = '[4,"stdout",' .. bridge.quote(whole) .. "]"
end

local function post(message)
  if pieces > 0 then
    flush()
  end
  posted = posted + 1
  outbox[posted] = message
end

local function count_output(line)
  if not bridge.valid_utf8(line) then
    bridge.throw("value", "the text is not valid UTF-8")
  end
  printed = printed + #line
  if printed > bridge.max_output then
    bridge.over_limit("output")
    bridge.stop()
  end
end

function bridge.write(piece)
  count_output(piece)
  pieces = pieces + 1
  text[pieces] = piece
  if pieces >= MAX_PIECES then
    flush()
  end
end

function bridge.log(level, line)
  count_output(line)
  post('[4,"' .. level .. '",' .. bridge.quote(line) .. "]")
end

-- All messages since the last time, as JSON.
function bridge.drain()
  if pieces > 0 then
    flush()
  end
  local messages = posted == 1 and outbox[1] or concat(outbox, ",", 1, posted)
  if posted > 64 then
    outbox = {}
  end
  posted = 0
  return messages
end

-- Calls ----------------------------------------------------------------------------------------------------

local function cannot_wait()
  bridge.throw("spell", "this code cannot wait for an answer",
    "a comparator of table.sort or a callback of string.gsub cannot make calls: make them before or after")
end

local function open_call(method, args, waiter)
  last_call = last_call + 1
  if last_call > bridge.max_calls then
    bridge.over_limit("calls")
    bridge.stop()
  end
  waiting[last_call] = waiter
  post("[0," .. format("%d", last_call) .. ',"' .. method .. '",' .. args .. "]")
  return last_call
end

-- Makes a call and waits: whether it succeeded, the value or the error object, and the number of the call.
local function ask(method, args)
  if not isyieldable() then
    cannot_wait()
  end
  local task = current
  local id = open_call(method, args, task)
  task.call = id
  local ok, value = yield(WAIT)
  return ok, value, id
end

function bridge.call(method, args)
  local ok, value, id = ask(method, args)
  if not ok then
    bridge.raise(value)
  end
  return value, id
end

-- A call whose answer goes to a function instead of a waiting task.
function bridge.call_back(method, args, told)
  return open_call(method, args, told)
end

function bridge.cancel_call(id)
  if waiting[id] then
    waiting[id] = nil
    post(format("[1,%d]", id))
  end
end

bridge.ask = ask
bridge.post = post
bridge.cannot_wait = cannot_wait

-- Tasks ----------------------------------------------------------------------------------------------------

function bridge.current_task()
  return current
end

local function make_ready(task, ...)
  last_ready = last_ready + 1
  ready[last_ready] = { task, ... }
end

-- Starts a task; `ended(ok, value, frames)` is told how it went, unless it is cancelled.
function bridge.spawn(parent, ended, body, ...)
  local thread = create(body)
  bridge.arm(thread)
  local task = { thread = thread, ended = ended, parent = parent, heir = parent }
  task_of[thread] = task
  if parent then
    parent.children = parent.children or {}
    parent.children[task] = true
  end
  make_ready(task, ...)
  return task
end

-- Throws an error of another coroutine, and remembers where that was.
function bridge.throw_on(err, frames)
  if frames then
    current.thrown = { err, frames }
  elseif rawequal(getmetatable(err), bridge.Error) then
    bridge.locate(err)
  end
  error(err, 0)
end

-- Waits until `wake` is called for the current task. Gives the value or throws the error.
function bridge.park()
  local ok, value, frames = yield(WAIT)
  if not ok then
    bridge.throw_on(value, frames)
  end
  return value
end

function bridge.wake(task, ok, value, frames)
  make_ready(task, ok, value, frames)
end

local function close_streams(task)
  while task.streams do
    local stream = next(task.streams)
    if not stream then
      return
    end
    bridge.close_stream(stream)
  end
end

-- Withdraws whatever a waiting task waits for.
local function release(task)
  if task.call then
    bridge.cancel_call(task.call)
    task.call = nil
  end
  if task.timer then
    bridge.cancel_call(task.timer)
    task.timer = nil
  end
  while task.children do
    local child = next(task.children)
    if not child then
      return
    end
    bridge.cancel(child)
  end
end

bridge.release = release

-- Ends a task without running any of its code again.
function bridge.cancel(task)
  if task.done then
    return
  end
  task.done = true
  release(task)
  close_streams(task)
  if task.parent then
    task.parent.children[task] = nil
  end
  task.thread = nil
end

-- The frames of an error that ended a task, and before them those of where it was first thrown.
local function frames_of(task, value)
  local frames = bridge.frames(task.thread)
  local thrown = task.thrown
  if not thrown or not rawequal(thrown[1], value) then
    return frames
  end
  local all = {}
  for _, list in ipairs { thrown[2], frames } do
    for _, frame in ipairs(list) do
      all[#all + 1] = frame
    end
  end
  return all
end

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

local function finish(task, ok, value)
  local frames
  task.done = true
  if ok then
    if task.streams then
      give_streams(task)
    end
  else
    if bridge.is_out_of_memory(value) then
      return bridge.over_limit("memory")
    end
    frames = frames_of(task, value)
    if close then
      close(task.thread)
    end
    close_streams(task)
  end
  if bridge.killed ~= nil then
    return
  end
  if task.parent then
    task.parent.children[task] = nil
  end
  task.ended(ok, value, frames)
end

local function run(task, ...)
  if task.done then
    return
  end
  current = task
  local ok, value = resume(task.thread, ...)
  if value == WAIT or bridge.killed ~= nil then
    return
  end
  finish(task, ok, value)
end

local function run_ready()
  while first_ready <= last_ready and bridge.killed == nil and not bridge.over do
    local entry = ready[first_ready]
    ready[first_ready] = nil
    first_ready = first_ready + 1
    run(entry[1], entry[2], entry[3], entry[4])
  end
end

-- What the runtime calls -----------------------------------------------------------------------------------

function bridge.now()
  return time
end

local function begin(now)
  if now then
    time = now
    bridge.begin_slice()
  end
end

local function finish_slice()
  if first_ready <= last_ready then
    run_ready()
  end
  current = nil
  if bridge.killed ~= nil and not bridge.over then
    post("[6," .. bridge.describe(bridge.killed, {}) .. "]")
  end
  return bridge.drain()
end

function bridge.answer(now, id, ok, value)
  begin(now)
  local waiter = waiting[id]
  if waiter == nil then
    return ""
  end
  waiting[id] = nil
  if not ok and (value.kind == "limit" or value.kind == "cancelled") then
    bridge.killed = bridge.as_error(value)
  elseif type(waiter) == "function" then
    waiter(ok, value)
  else
    waiter.call = nil
    run(waiter, ok, value)
  end
  return finish_slice()
end

bridge.begin = begin
bridge.finish_slice = finish_slice
