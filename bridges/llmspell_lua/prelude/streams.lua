-- Streams: an object to loop over, which fetches batches and tells the runtime when the loop is left early.
local bridge = ...
local format, getmetatable, rawequal, rawget = string.format, debug.getmetatable, rawequal, rawget
local setmetatable, type = setmetatable, type

local states = setmetatable({}, { __mode = "k" })
local methods = {}
local Stream = { __name = "stream", __metatable = "stream", __index = methods }
bridge.opaque[Stream] = "stream"

local function finish(state)
  state.done = true
  state.owner.streams[state] = nil
end

function bridge.close_stream(state)
  finish(state)
  bridge.post(format("[1,%d]", state.id))
end

local function fetch(state)
  local ok, batch = bridge.ask("next", format('{"stream":%d}', state.id))
  if not ok then
    finish(state)
    bridge.raise(batch)
  end
  state.items, state.at = batch.items or {}, 0
  if batch.done and not state.done then
    finish(state)
  end
end

local function next_item(state)
  while true do
    state.at = state.at + 1
    local item = state.items[state.at]
    if item ~= nil then
      return item
    elseif state.done then
      return nil
    end
    fetch(state)
  end
end

local function state_of(stream)
  return states[stream] or bridge.throw("type", "call it on a stream, with a colon")
end

local function close(stream)
  local state = state_of(stream)
  state.items, state.at = {}, 0
  if not state.done then
    bridge.close_stream(state)
  end
end

Stream.__call = function(stream) return next_item(state_of(stream)) end
Stream.__close = close
methods.close = close

function methods.collect(stream)
  local state, list = state_of(stream), {}
  for item in next_item, state do
    list[#list + 1] = item
  end
  return bridge.as_array(list)
end

-- The four values of a generic `for`: the last is closed when the loop is left.
function bridge.open_stream(id)
  local task = bridge.current_task()
  local state = { id = id, items = {}, at = 0, done = false, owner = task }
  task.streams = task.streams or {}
  task.streams[state] = true
  local stream = setmetatable({}, Stream)
  states[stream] = state
  return stream, nil, nil, stream
end
