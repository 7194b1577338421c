-- Errors as a script sees them: tables that print their message and know where they were thrown.
local bridge = ...
local error, format, getinfo, getmetatable = error, string.format, debug.getinfo, debug.getmetatable
local insert = table.insert
local next, rawequal, rawget = next, rawequal, rawget
local running, setmetatable, sub, type = coroutine.running, setmetatable, string.sub, type

local MAX_FRAMES = 50
local errors = {}
local tasks = bridge.tasks

local Error = { __name = "error", __metatable = "error" }
errors.Error = Error

function Error.__tostring(self)
  local message = rawget(self, "message")
  return type(message) == "string" and message or "error"
end

function Error.__concat(left, right)
  return bridge.text.tostring(left) .. bridge.text.tostring(right)
end

local function file_of(info)
  return sub(info.source, 1, 1) == "@" and sub(info.source, 2) or info.short_src
end

-- Frames of the prelude and of C have no line, so what is left belongs to the script.
local function add_frames(frames, thread)
  for depth = 0, 2 * MAX_FRAMES do
    local info = getinfo(thread, depth, "Sln")
    if not info or #frames >= MAX_FRAMES then
      return
    end
    if info.currentline > 0 then
      frames[#frames + 1] =
        { file = file_of(info), short = info.short_src, line = info.currentline, name = info.name }
    end
  end
end

-- A call in tail position leaves no frame: the last line of the function that made it stands for it.
local function add_lost_frame(frames, body)
  local info = getinfo(body, "SL")
  local line = 0
  for active in next, info.activelines or {} do
    if active > line and (info.what == "main" or active < info.lastlinedefined) then
      line = active
    end
  end
  line = line > 0 and line or info.lastlinedefined
  if line > 0 then
    frames[1] = { file = file_of(info), short = info.short_src, line = line }
  end
end

-- The script's frames, innermost first: of `thread` or of what runs now, then of those that resumed it.
function errors.frames(thread)
  local frames, task = {}, nil
  thread = thread or running()
  while thread do
    add_frames(frames, thread)
    task = tasks.of[thread]
    thread = tasks.resumers[thread]
  end
  if #frames == 0 and task then
    add_lost_frame(frames, task.body)
  end
  return frames
end

local function rendered(frames)
  local lines = {}
  for i = 1, #frames do
    local frame = frames[i]
    local place = format("%s:%d", frame.file, frame.line)
    lines[i] = frame.name and frame.name ~= "?" and place .. ": in function " .. frame.name or place
  end
  return bridge.values.as_array(lines)
end

-- Gives an error its place and stack, unless it has them. The stack begins at the place.
function errors.place(err, frames)
  local first = frames[1]
  if err.file == nil and first then
    err.file, err.line = first.file, first.line
  end
  if err.stack == nil and first then
    err.stack = rendered(frames)
    if type(err.line) == "number" and type(err.file) == "string" and (err.file ~= first.file or err.line ~= first.line) then
      insert(err.stack, 1, format("%s:%.0f", err.file, err.line))
    end
  end
  return err
end

function errors.as_error(data)
  return rawequal(getmetatable(data), Error) and data or setmetatable(data, Error)
end

function errors.new(kind, message, hint)
  return setmetatable({ kind = kind, message = message, hint = hint }, Error)
end

function errors.locate(err)
  return errors.place(err, errors.frames())
end

function errors.throw(kind, message, hint)
  error(errors.locate(errors.new(kind, message, hint)), 0)
end

-- An error object of the runtime, thrown at the line that made the call.
function errors.raise(data)
  error(errors.locate(errors.as_error(data)), 0)
end

function errors.cannot_wait()
  errors.throw("spell", "this code cannot wait for an answer",
    "a comparator of table.sort or a callback of string.gsub cannot make calls: make them before or after")
end

return errors
