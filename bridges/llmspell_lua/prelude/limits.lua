-- The limits that the interpreter keeps itself. Once one is passed, `state.killed` holds the error and no
-- script code goes on: a waiting coroutine is never resumed, and running code is stopped again and again.
local bridge = ...
local clock, collectgarbage, error = os.clock, collectgarbage, error
local isyieldable, pcall, running = coroutine.isyieldable, pcall, coroutine.running
local sethook, type, yield = debug.sethook, type, coroutine.yield

local INSTRUCTIONS = 1000
-- What is left once a limit is passed: enough for a handler of ours to suspend the coroutine. Unwinding it through
-- every `pcall` instead takes time that grows with the square of their number.
local LAST = 40
local OUT_OF_MEMORY = "not enough memory"
local state = bridge.state
local limits = {}
local allowed
local deadline = 0
local is_luajit = jit ~= nil

if is_luajit then
  jit.off() -- compiled code calls no hooks
  jit.flush()
end

-- Marks that no script can hold. They are functions because `==` on those calls no metamethod.
function limits.WAIT() end
local WAIT = limits.WAIT
local function KILL() end

-- `given` has memory, cpu, max_calls, max_output, and the messages for when one of them is passed.
function limits.set(given)
  allowed = given
  limits.memory, limits.max_calls, limits.max_output = given.memory, given.max_calls, given.max_output
end

function limits.begin_slice()
  deadline = clock() + allowed.cpu
end

-- The error that ends the run, with its place: in `thread` or in what runs now.
function limits.reason(thread)
  if type(state.killed) == "string" then
    local errors = bridge.errors
    state.killed = errors.place(errors.new("limit", allowed.messages[state.killed]), errors.frames(thread))
  end
  return state.killed
end

function limits.exceed(name)
  if state.killed == nil then
    state.killed = name
    pcall(limits.reason) -- where the stack is too full for it, it is made in the end
  end
end

local function passed()
  if clock() >= deadline then
    return "cpu"
  end
  return is_luajit and collectgarbage("count") * 1024 > allowed.memory and "memory"
end

local function tick()
  if running() == nil then
    return -- the prelude itself, on LuaJIT
  end
  if state.killed == nil then
    local name = passed()
    if not name then
      return
    end
    limits.exceed(name)
  end
  sethook(tick, "", LAST)
  error(KILL, 0)
end

-- Watches a coroutine. LuaJIT has one hook for all threads, and setting it again would start its count anew.
function limits.arm(thread)
  if not is_luajit then
    sethook(thread, tick, "", INSTRUCTIONS)
  end
end

if is_luajit then
  sethook(tick, "", INSTRUCTIONS)
end

-- Never returns: nobody resumes a coroutine that waits while `killed` is set.
function limits.stop()
  if isyieldable() then
    yield(WAIT)
  end
  sethook(tick, "", LAST)
  error(KILL, 0)
end

-- Returns only while the run goes on: what closes a variable still gets some instructions after a limit.
function limits.check()
  if state.killed ~= nil then
    limits.stop()
  end
end

-- Looks at an error before the script does: returns only if the script may see it.
function limits.inspect(caught)
  if caught == OUT_OF_MEMORY then
    limits.exceed("memory")
  end
  if state.killed ~= nil then
    limits.stop()
  end
end

-- Whether a handler of the script must not see this error.
function limits.is_fatal(caught)
  return caught == OUT_OF_MEMORY or state.killed ~= nil
end

return limits
