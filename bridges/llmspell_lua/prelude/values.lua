-- Lua values to JSON: the one encoder, strict for what crosses the border, lenient for what a person reads.
local bridge = ...
local concat, floor, format, find, gsub = table.concat, math.floor, string.format, string.find, string.gsub
local rep, sort = string.rep, table.sort
local getmetatable, next, rawequal, rawget = debug.getmetatable, next, rawequal, rawget
local setmetatable, pcall, tonumber, type = setmetatable, pcall, tonumber, type
local integer_type = math.type or function() return "float" end
local valid_utf8 = bridge.valid_utf8

local MAX_DEPTH = 200
local MAX_BYTES = 16 * 1024 * 1024
local MAX_SAFE = 2 ^ 53
local INFINITY = 1 / 0
local HINT = "only JSON crosses: at most 200 levels and 16 MiB"

local function name_of(text)
  return function() return text end
end

local function frozen()
  bridge.throw("type", "null has no fields")
end

local null = setmetatable({}, {
  __name = "null", __metatable = "null", __tostring = name_of("null"), __index = frozen, __newindex = frozen,
})
local Array = { __name = "array", __metatable = "array" }

bridge.null = null
bridge.Array = Array
bridge.opaque = {} -- metatable of an object that cannot cross -> what it is

function bridge.as_array(list)
  return setmetatable(list, Array)
end

-- The state of the encoding under way. No script code runs inside one, so there is only ever one.
local buffer, length, room, path, lenient, handles, indent, ancestors

local function emit(piece)
  length = length + 1
  buffer[length] = piece
end

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
for code = 0, 31 do
  local char = string.char(code)
  escapes[char] = escapes[char] or format("\\u%04x", code)
end

local function escaped(text)
  if find(text, '[%c"\\]') then
    text = gsub(text, '[%c"\\]', escapes)
  end
  return '"' .. text .. '"'
end

bridge.quote = escaped

function bridge.clean(text)
  if type(text) ~= "string" or valid_utf8(text) then
    return text
  end
  return (gsub(text, "[\128-\255]", "?"))
end

local function path_text(depth)
  local pieces = {}
  for i = 1, depth do
    local key = path[i]
    if type(key) == "number" then
      pieces[i] = format("[%d]", key)
    else
      pieces[i] = "." .. format("%.40s", bridge.clean(key))
    end
  end
  return concat(pieces)
end

local function refuse(depth, reason)
  bridge.throw("value", path.what .. path_text(depth) .. " " .. reason, HINT)
end

local function odd(depth, value, what)
  if lenient then
    return emit('"<' .. what .. '>"')
  end
  refuse(depth, "is " .. (find(what, "^[aeil]") and "an " or "a ") .. what)
end

local function encode_text(depth, text)
  room = room - #text
  if find(text, "[\128-\255]") and not valid_utf8(text) then
    if not lenient then
      refuse(depth, "is not valid UTF-8")
    end
    text = bridge.clean(text)
  end
  emit(escaped(text))
end

local function shortest(number)
  local text = format("%.15g", number)
  if tonumber(text) == number then
    return text
  end
  text = format("%.16g", number)
  return tonumber(text) == number and text or format("%.17g", number)
end

local function number_text(number)
  if integer_type(number) == "integer" then
    return format("%d", number)
  end
  if number == floor(number) and number <= MAX_SAFE and number >= -MAX_SAFE then
    return number == 0 and "0" or format("%.0f", number)
  end
  return shortest(number)
end

local function encode_number(depth, number)
  if number ~= number or number == INFINITY or number == -INFINITY then
    if lenient then
      return emit(number ~= number and '"<nan>"' or number > 0 and '"<inf>"' or '"<-inf>"')
    end
    refuse(depth, "is not a finite number")
  end
  emit(number_text(number))
end

local encode

local function line_end(depth)
  if indent then
    emit("\n" .. rep(indent, depth))
  end
end

local function is_index(key)
  return type(key) == "number" and key >= 1 and key == floor(key) and key < MAX_SAFE
end

local function shown(key)
  local kind = type(key)
  if kind == "string" then
    return format('"%.40s"', bridge.clean(key))
  end
  return (kind == "number" or kind == "boolean") and bridge.tostring(key) or "a " .. kind
end

-- The length of a table that is a whole sequence; anything else is refused, with the key that is in the way.
local function sequence_length(depth, list)
  local count, last = 0, 0
  for key in next, list do
    if not is_index(key) then
      refuse(depth, "is a list with the key " .. shown(key))
    end
    count = count + 1
    last = key > last and key or last
  end
  if count ~= last then
    local missing = 1
    while rawget(list, missing) ~= nil do
      missing = missing + 1
    end
    refuse(depth, format("is a list with holes: [%d] is missing", missing))
  end
  return count
end

local function encode_array(list, depth)
  local count = sequence_length(depth, list)
  emit("[")
  for i = 1, count do
    if i > 1 then
      emit(",")
    end
    path[depth + 1] = i
    line_end(depth + 1)
    encode(rawget(list, i), depth + 1)
  end
  line_end(depth)
  emit("]")
end

local function sorted_keys(object, depth)
  local keys, count = {}, 0
  for key in next, object do
    if type(key) ~= "string" then
      refuse(depth, "has a key that is not text: " .. shown(key))
    end
    count = count + 1
    keys[count] = key
  end
  if count > 1 then
    sort(keys)
  end
  return keys, count
end

local function encode_object(object, depth)
  local keys, count = sorted_keys(object, depth)
  local colon = indent and ": " or ":"
  emit("{")
  for i = 1, count do
    local key = keys[i]
    if i > 1 then
      emit(",")
    end
    path[depth + 1] = key
    line_end(depth + 1)
    encode_text(depth + 1, key)
    emit(colon)
    encode(rawget(object, key), depth + 1)
  end
  line_end(depth)
  emit("}")
end

local function by_text(left, right)
  return left[1] < right[1]
end

-- A table that is neither list nor object, for a person: every key as text.
local function encode_loose(object, depth)
  local pairs_of, count = {}, 0
  for key, value in next, object do
    count = count + 1
    pairs_of[count] = { type(key) == "string" and key or "[" .. bridge.tostring_raw(key) .. "]", value }
  end
  sort(pairs_of, by_text)
  emit("{")
  for i = 1, count do
    emit(i > 1 and "," or "")
    encode_text(depth, pairs_of[i][1])
    emit(":")
    encode(pairs_of[i][2], depth + 1)
  end
  emit("}")
end

local function is_plain(object)
  local count, texts = 0, 0
  for key in next, object do
    count = count + 1
    texts = texts + (type(key) == "string" and 1 or 0)
    if texts ~= 0 and texts ~= count or texts == 0 and not is_index(key) then
      return false
    end
  end
  for i = 1, texts == 0 and count or 0 do
    if rawget(object, i) == nil then
      return false
    end
  end
  return true
end

local function encode_fields(object, depth, meta)
  local first = next(object)
  if first == nil then
    emit(rawequal(meta, Array) and "[]" or "{}")
  elseif lenient and not is_plain(object) then
    encode_loose(object, depth)
  elseif type(first) == "number" or rawget(object, 1) ~= nil or rawequal(meta, Array) then
    encode_array(object, depth)
  else
    encode_object(object, depth)
  end
end

local function encode_table(object, depth)
  if rawequal(object, null) then
    return emit("null")
  end
  local meta = getmetatable(object)
  if meta and bridge.opaque[meta] then
    return odd(depth, object, bridge.opaque[meta])
  end
  if depth >= MAX_DEPTH then
    return lenient and emit('"<too deep>"') or refuse(depth > 8 and 8 or depth, "is nested too deeply, or contains itself")
  end
  if not lenient then
    return encode_fields(object, depth, meta)
  end
  if ancestors[object] then
    return emit('"<cycle>"')
  end
  ancestors[object] = true
  encode_fields(object, depth, meta)
  ancestors[object] = nil
end

function encode(value, depth)
  room = room - 8
  if room < 0 then
    refuse(depth > 8 and 8 or depth, "is too large")
  end
  local kind = type(value)
  if kind == "string" then
    encode_text(depth, value)
  elseif kind == "number" then
    encode_number(depth, value)
  elseif kind == "boolean" then
    emit(value and "true" or "false")
  elseif kind == "nil" then
    emit("null")
  elseif kind == "table" then
    encode_table(value, depth)
  elseif kind == "function" and handles then
    emit(format('{"$function":%d}', bridge.handle(value)))
  else
    odd(depth, value, kind == "thread" and "coroutine" or kind)
  end
end

local function run(value, what, is_lenient, gives_handles, indentation)
  buffer, length, room, path = {}, 0, MAX_BYTES, { what = what }
  lenient, handles, indent = is_lenient, gives_handles, indentation
  ancestors = is_lenient and {} or nil
  encode(value, 0)
  return length == 1 and buffer[1] or concat(buffer, "", 1, length)
end

-- Strict JSON, or an error of kind `value` that names the place inside `what`.
function bridge.encode(value, what)
  return run(value, what)
end

-- Strict JSON of an argument: functions become handles that the runtime can invoke.
function bridge.encode_argument(value, what)
  return run(value, what, false, true)
end

function bridge.encode_indented(value, what, indentation)
  return run(value, what, false, false, indentation)
end

function bridge.can_encode(value)
  return (pcall(run, value, "the value"))
end

-- JSON for a person, with "<function>" and the like for what JSON cannot hold.
function bridge.display(value)
  local kind = type(value)
  if kind == "string" then
    return value
  elseif kind == "number" and (value ~= value or value == INFINITY or value == -INFINITY) then
    return value ~= value and "nan" or value > 0 and "inf" or "-inf"
  elseif kind == "nil" then
    return "nil"
  end
  local text = run(value, "the value", true)
  return (kind ~= "table" or (bridge.opaque[getmetatable(value)])) and gsub(text, '^"(<.*>)"$', "%1") or text
end
