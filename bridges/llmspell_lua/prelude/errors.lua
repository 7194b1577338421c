-- Errors as a script sees them (tables that print their message), and as they cross the border.
local bridge = ...
local format, match, sub = string.format, string.match, string.sub
local error, getinfo, ipairs, rawequal, rawget = error, debug.getinfo, ipairs, rawequal, rawget
local running = coroutine.running
local setmetatable, tonumber, type = setmetatable, tonumber, type

local MAX_FRAMES = 50
local FIELDS = {
  { "kind", "string" }, { "message", "string" }, { "hint", "string" }, { "provider", "string" },
  { "file", "string" }, { "source_line", "string" }, { "status", "number" }, { "line", "number" },
  { "column", "number" }, { "retryable", "boolean" }, { "stack", "table" }, { "data" },
}
local KINDS = {}
for kind in ("spell type value not_found permission timeout model context_length content_filter provider "
  .. "network auth rate_limit tool internal"):gmatch("%S+") do
  KINDS[kind] = true
end

local Error = { __name = "error", __metatable = "error" }

function Error.__tostring(self)
  local message = rawget(self, "message")
  return type(message) == "string" and message or "error"
end

function Error.__concat(left, right)
  return bridge.tostring(left) .. bridge.tostring(right)
end

bridge.Error = Error
bridge.chunks = {} -- how Lua shortens the name of a chunk -> the whole name
bridge.resumer = setmetatable({}, { __mode = "k" }) -- a script's coroutine -> who resumed it last

function bridge.new_error(kind, message, hint)
  return setmetatable({ kind = kind, message = message, hint = hint }, Error)
end

-- Frames of the prelude and of C have no line, so what is left belongs to the script.
local function add_frames(frames, thread, level)
  for depth = level, level + 2 * MAX_FRAMES do
    local info = getinfo(thread, depth, "Sln")
    if not info or #frames >= MAX_FRAMES then
      return
    end
    if info.currentline > 0 then
      local source = info.source
      frames[#frames + 1] = {
        file = sub(source, 1, 1) == "@" and sub(source, 2) or info.short_src,
        short = info.short_src,
        line = info.currentline,
        name = info.name,
      }
    end
  end
end

-- The script's frames, innermost first: of `thread`, then of those that resumed it.
function bridge.frames(thread)
  local frames = {}
  thread = thread or running()
  while thread do
    add_frames(frames, thread, 0)
    thread = bridge.resumer[thread]
  end
  return frames
end

local function rendered(frames)
  local lines = {}
  for i, frame in ipairs(frames) do
    local place = format("%s:%d", frame.file, frame.line)
    lines[i] = frame.name and frame.name ~= "?" and place .. ": in function " .. frame.name or place
  end
  return bridge.as_array(lines)
end

local function place(data, frames)
  if frames[1] then
    if data.file == nil then
      data.file, data.line = frames[1].file, frames[1].line
    end
    if data.stack == nil then
      data.stack = rendered(frames)
    end
  end
  return data
end

function bridge.locate(err)
  return place(err, bridge.frames())
end

function bridge.as_error(data)
  return setmetatable(data, Error)
end

function bridge.throw(kind, message, hint)
  error(bridge.locate(bridge.new_error(kind, message, hint)), 0)
end

-- An error object of the runtime, thrown at the line that made the call.
function bridge.raise(data)
  error(bridge.locate(setmetatable(data, Error)), 0)
end

-- Splits "file:line: message" when the position is one that the script's own frames or files explain.
local function split(text, frames)
  for _, frame in ipairs(frames) do
    local prefix = format("%s:%d: ", frame.short, frame.line)
    if sub(text, 1, #prefix) == prefix then
      return sub(text, #prefix + 1), frame.file, frame.line
    end
  end
  local short, line, message = match(text, "^(.-):(%d+): (.*)$")
  if short and bridge.chunks[short] then
    return message, bridge.chunks[short], tonumber(line)
  end
  return text
end

local function from_string(text, frames)
  local message, file, line = split(text, frames)
  return { kind = "spell", message = message, file = file, line = line }
end

local function from_table(thrown)
  local data = {}
  for _, field in ipairs(FIELDS) do
    local value = rawget(thrown, field[1])
    if value ~= nil and (field[2] == nil or type(value) == field[2]) and bridge.can_encode(value) then
      data[field[1]] = value
    end
  end
  return data
end

local function from_anything(thrown)
  local data = { kind = "spell", message = bridge.display(thrown) }
  if bridge.can_encode(thrown) then
    data.data = thrown
  end
  return data
end

local function fields_of(thrown, frames)
  if type(thrown) == "string" then
    return from_string(thrown, frames)
  end
  local known = type(thrown) == "table" and type(rawget(thrown, "message")) == "string"
  local kind = known and rawget(thrown, "kind")
  if kind and (KINDS[kind] or rawequal(thrown, bridge.killed)) then
    return from_table(thrown)
  end
  return from_anything(thrown)
end

-- The error object that crosses for whatever a script threw, as JSON.
function bridge.describe(thrown, frames)
  local data = place(fields_of(thrown, frames), frames)
  if data.file == nil then
    data.file = bridge.name
  end
  data.message = bridge.clean(data.message)
  data.file = bridge.clean(data.file)
  for i, line in ipairs(data.stack or {}) do
    data.stack[i] = bridge.clean(line)
  end
  return bridge.encode(data, "the error")
end
