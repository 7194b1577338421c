-- Streams: an object to loop over, which fetches batches and tells the runtime when the loop is left early.
local bridge = ...
local format, setmetatable = string.format, setmetatable

local errors, output, tasks, values = bridge.errors, bridge.output, bridge.tasks, bridge.values
local states = setmetatable({}, { __mode = "k" })
local streams = {}
local methods = {}
local Stream = { __metatable = "stream", __name = "stream", __index = methods }
bridge.state.opaque[Stream] = "stream"

local function finish(state)
  state.done = true
  state.owner.streams[state] = nil
end

function streams.close(state)
  finish(state)
  output.post(format("[1,%d]", state.id))
end

local function fetch(state)
  local ok, batch = tasks.ask("next", format('{"stream":%d}', state.id))
  if not ok then
    if not state.done then
      finish(state)
    end
    errors.raise(batch)
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
  return states[stream] or errors.throw("type", "call it on a stream, with a colon")
end

local function close(stream)
  local state = state_of(stream)
  state.items, state.at = {}, 0
  if not state.done then
    streams.close(state)
  end
end

function Stream.__call(stream)
  return next_item(state_of(stream))
end

Stream.__close = close
methods.close = close

function methods.collect(stream)
  local state, list = state_of(stream), {}
  for item in next_item, state do
    list[#list + 1] = item
  end
  return values.as_array(list)
end

-- The four values of a generic `for`: the last is closed when the loop is left.
function streams.open(id)
  local task = tasks.current()
  local state = { id = id, items = {}, at = 0, done = false, owner = task }
  task.streams = task.streams or {}
  task.streams[state] = true
  local stream = setmetatable({}, Stream)
  states[stream] = state
  return stream, nil, nil, stream
end

return streams
