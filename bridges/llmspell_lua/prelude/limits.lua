-- The limits that the interpreter keeps itself. Once one is passed, `bridge.killed` holds the error and no
-- script code goes on: a waiting coroutine is never resumed, and running code is stopped at every instruction.
local bridge = ...
local clock, collectgarbage, error = os.clock, collectgarbage, error
local isyieldable, sethook, yield = coroutine.isyieldable, debug.sethook, coroutine.yield

local INSTRUCTIONS = 1000
local OUT_OF_MEMORY = "not enough memory"
local limits
local deadline = 0
local counts_memory = jit ~= nil

-- Marks that no script can hold. They are functions because `==` on those calls no metamethod.
local function WAIT() end
local function KILL() end

bridge.WAIT = WAIT
bridge.raw_pcall, bridge.unpack = pcall, table.unpack or unpack
if jit then
  jit.off() -- compiled code calls no hooks
  jit.flush()
end

-- `given` has memory, cpu, max_calls, max_output, and the messages for when one of them is passed.
function bridge.set_limits(given)
  limits = given
  bridge.max_memory, bridge.max_calls, bridge.max_output = given.memory, given.max_calls, given.max_output
end

function bridge.begin_slice()
  deadline = clock() + limits.cpu
end

function bridge.over_limit(name)
  if bridge.killed == nil then
    bridge.killed = bridge.locate(bridge.new_error("limit", limits.messages[name]))
  end
end

local function passed()
  if clock() >= deadline then
    return "cpu"
  end
  return counts_memory and collectgarbage("count") * 1024 > limits.memory and "memory"
end

local function tick()
  if bridge.killed == nil then
    local name = passed()
    if not name then
      return
    end
    bridge.over_limit(name)
  end
  sethook(tick, "", 1)
  error(KILL, 0)
end

function bridge.arm(thread)
  sethook(thread, tick, "", INSTRUCTIONS)
end

-- Never returns: nobody resumes a coroutine that waits while `killed` is set.
function bridge.stop()
  if isyieldable() then
    yield(WAIT)
  end
  sethook(tick, "", 1)
  error(KILL, 0)
end

-- Looks at an error before the script does: returns only if the script may see it.
function bridge.inspect(caught)
  if caught == OUT_OF_MEMORY then
    bridge.over_limit("memory")
  end
  if bridge.killed ~= nil then
    bridge.stop()
  end
end

function bridge.is_out_of_memory(caught)
  return caught == OUT_OF_MEMORY
end
