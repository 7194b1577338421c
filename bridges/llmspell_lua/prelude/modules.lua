-- Source to functions: the spell itself, `require` and `load`.
local bridge = ...
local byte, concat, find, format = string.byte, table.concat, string.find, string.format
local error, getinfo, ipairs, load, match = error, debug.getinfo, ipairs, load, string.match
local pairs, select, sub, tonumber, type = pairs, select, string.sub, tonumber, type

local modules = {} -- resolved name -> record
local resolved = {} -- importer, NUL, specifier -> resolved name

-- Where in its line the offending token stands: the end of the first prefix that fails in the same way.
local function column_of(source, line, token, chunk)
  local start = 1
  for _ = 2, line do
    start = (find(source, "\n", start, true) or start) + 1
  end
  if token == "<eof>" then
    return #source - start + 2
  end
  local stop = find(source, "\n", start, true) or #source + 1
  local at = start
  for _ = 1, 100 do
    local first, last = find(source, token, at, true)
    if not first or first >= stop then
      return nil
    end
    local _, message = load(sub(source, 1, last), chunk, "t")
    if message and not find(message, "<eof>", 1, true) then
      return first - start + 1
    end
    at = first + 1
  end
end

-- What is wrong with a source that does not compile: message, line, column.
function bridge.syntax_error(source, chunk, message)
  local short = getinfo(load("", chunk), "S").short_src
  local rest = sub(message, #short + 2)
  local line, text = match(rest, "^(%d+): (.*)$")
  if not line then
    return message
  end
  line = tonumber(line)
  local token = match(text, "near '(.*)'$") or match(text, "near (<eof>)$")
  return text, line, token and column_of(source, line, token, chunk)
end

-- A first line such as `#!/usr/bin/env llmspell` and a byte order mark are not Lua.
local function plain(source)
  if sub(source, 1, 3) == "\239\187\191" then
    source = sub(source, 4)
  end
  return byte(source) == 35 and "--" .. source or source
end

-- The function of a file, or nil and the error.
function bridge.compile(source, name)
  source = plain(source)
  local chunk = "@" .. name
  local body, message = load(source, chunk, "t", bridge.env)
  if not body then
    local text, line, column = bridge.syntax_error(source, chunk, message)
    local err = bridge.new_error("spell", bridge.clean(text))
    err.file, err.line, err.column = name, line, column
    return nil, err
  end
  bridge.chunks[getinfo(body, "S").short_src] = name
  return body
end

-- The file of the script code that runs now.
local function importer()
  for _, frame in ipairs(bridge.frames()) do
    if bridge.chunks[frame.short] then
      return frame.file
    end
  end
  return bridge.name
end

-- The chain of modules from `record` to `goal` that wait for each other, or nil.
local function chain(record, goal)
  if record == goal then
    return record.name
  end
  for wanted in pairs(record.wants) do
    local rest = chain(wanted, goal)
    if rest then
      return record.name .. " → " .. rest
    end
  end
end

local function wait_for(record, from)
  if from and not from.done then
    local cycle = chain(record, from)
    if cycle then
      bridge.throw("spell", format("modules require each other: %s → %s", from.name, cycle))
    end
    from.wants[record] = true
  end
  record.waiters[#record.waiters + 1] = bridge.current_task()
  local value = bridge.park()
  if from then
    from.wants[record] = nil
  end
  return value
end

local function loaded(record, ok, value, frames)
  record.done = true
  if ok then
    record.value = value == nil and true or value
  else
    modules[record.name] = nil
  end
  for _, task in pairs(record.waiters) do
    bridge.wake(task, ok, record.value or value, frames)
  end
end

local function start(name, source)
  local body, err = bridge.compile(source, name)
  if not body then
    error(err, 0)
  end
  local record = { name = name, waiters = {}, wants = {}, done = false }
  modules[name] = record
  local task = bridge.spawn(nil, function(ok, value, frames) loaded(record, ok, value, frames) end, body, name)
  task.heir = bridge.main
  return record
end

function bridge.require(specifier)
  if type(specifier) ~= "string" then
    bridge.throw("type", "require takes the name of a module")
  end
  local from = importer()
  local key = from .. "\0" .. specifier
  local record = modules[resolved[key]]
  if not record then
    local module = bridge.call("module",
      format('{"specifier":%s,"importer":%s}', bridge.encode(specifier, "the name"), bridge.quote(from)))
    resolved[key] = module.name
    record = modules[module.name] or start(module.name, module.source)
  end
  if record.done then
    return record.value
  end
  return wait_for(record, modules[from])
end

local function read_all(reader)
  local pieces = {}
  while true do
    local piece = reader()
    if piece == nil or piece == "" then
      return concat(pieces)
    elseif type(piece) ~= "string" then
      return nil, "reader function must return a string"
    end
    pieces[#pieces + 1] = piece
  end
end

-- Text only: bytecode can crash the interpreter.
function bridge.load(source, name, mode, ...)
  if type(source) == "function" then
    local ok, text, problem = bridge.pcall(read_all, source)
    if not ok or not text then
      return nil, problem or text
    end
    source, name = text, name or "=(load)"
  end
  local env = bridge.env
  if select("#", ...) > 0 then
    env = (...)
  end
  if mode == "b" then
    return nil, "attempt to load a text chunk (mode is 'b')"
  end
  local body, message = load(source, name or source, "t", env)
  if not body then
    bridge.inspect(message)
  end
  return body, message
end
