-- Lua values to JSON, strictly: what cannot cross is an error of kind `value` that names the place.
local bridge = ...
local concat, find, floor, format, gsub = table.concat, string.find, math.floor, string.format, string.gsub
local getmetatable, next, rawequal, rawget = debug.getmetatable, next, rawequal, rawget
local byte, rep, setmetatable, sort = string.byte, string.rep, setmetatable, table.sort
local tonumber, type = tonumber, type
local number_type = math.type or type

local MAX_DEPTH = 200
local MAX_BYTES = 16 * 1024 * 1024
local MAX_SAFE = 2 ^ 53
local MAX_PIECES = 512 -- in the buffer, whose slots take more memory than what they hold
local INFINITY = 1 / 0
local HINT = "only JSON crosses: at most 200 levels and 16 MiB"
local TEXT_HINT = "texts are UTF-8, and string.sub may cut a character; bytes cross as blobs: blob.from_base64"

local valid, null, opaque = bridge.utf8.valid, bridge.state.null, bridge.state.opaque
local sent = bridge.state.sent
local values = {}

values.null, values.Array = null, { __metatable = "array" }
local Array = values.Array

function values.as_array(list)
  return setmetatable(list, Array)
end

-- The state of the encoding under way. No script code runs inside one, so there is only ever one.
local buffer, length, whole, room, path, handles, indent

local function emit(piece)
  if length == MAX_PIECES then
    whole = whole or {}
    whole[#whole + 1] = concat(buffer)
    length = 0
  end
  length = length + 1
  buffer[length] = piece
end

local function refuse(depth, reason)
  bridge.display.refuse(path, depth, reason, HINT)
end

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(char)
  return format("\\u%04x", byte(char))
end

-- JSON of a text that is valid UTF-8.
local function quote(text)
  if find(text, '[%c"\\]') then
    text = gsub(gsub(text, '[\\"\n\r\t]', escapes), "[%c]", escape)
  end
  return '"' .. text .. '"'
end

local function take(bytes, depth)
  room = room - bytes
  if room < 0 then
    refuse(depth, "is too large")
  end
end

local function text_of(text, depth)
  take(#text, depth)
  if find(text, "[\128-\255]") and not valid(text) then
    bridge.display.refuse(path, depth, "is not valid UTF-8", TEXT_HINT)
  end
  return quote(text)
end

local function shortest(number)
  local text = format("%.15g", number)
  if tonumber(text) == number then
    return text
  end
  text = format("%.16g", number)
  text = tonumber(text) == number and text or format("%.17g", number)
  return find(text, "[.e]") and text or text .. ".0" -- else JSON would take it for an integer
end

local function number_of(number)
  if number_type(number) == "integer" then
    return format("%d", number)
  elseif number ~= number or number == INFINITY or number == -INFINITY then
    return nil
  elseif number == floor(number) and number <= MAX_SAFE and number >= -MAX_SAFE then
    return number == 0 and "0" or format("%.0f", number)
  end
  return shortest(number)
end

local encode

local function separate(i, depth)
  if i > 1 then
    emit(",")
  end
  if indent then
    emit("\n" .. rep(indent, depth))
  end
end

local function finish(closer, depth)
  if indent then
    emit("\n" .. rep(indent, depth))
  end
  emit(closer)
end

local function is_index(key)
  return type(key) == "number" and key >= 1 and key == floor(key) and key < MAX_SAFE
end

-- The length of a table that is a whole sequence; anything else is refused.
local function sequence_length(list, depth)
  local count, last = 0, 0
  for key in next, list do
    if not is_index(key) then
      refuse(depth, bridge.display.odd_keys(list))
    end
    count = count + 1
    last = key > last and key or last
  end
  if count ~= last then
    refuse(depth, bridge.display.odd_keys(list))
  end
  return count
end

local function encode_list(list, depth)
  emit("[")
  for i = 1, sequence_length(list, depth) do
    path[depth + 1] = i
    separate(i, depth + 1)
    encode(rawget(list, i), depth + 1)
  end
  finish("]", depth)
end

local function sorted_keys(object, depth)
  local keys, count = {}, 0
  for key in next, object do
    if type(key) ~= "string" then
      refuse(depth, bridge.display.odd_keys(object))
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
    if key == "$function" and handles then
      refuse(depth, "has the key $function, which is how functions cross")
    end
    path[depth + 1] = key
    separate(i, depth + 1)
    emit(text_of(key, depth + 1) .. colon)
    encode(rawget(object, key), depth + 1)
  end
  finish("}", depth)
end

local function encode_table(object, depth)
  if rawequal(object, null) then
    return emit("null")
  elseif depth >= MAX_DEPTH then
    refuse(depth, "is nested too deeply, or contains itself")
  end
  local meta = getmetatable(object)
  if handles and sent[object] then
    take(#sent[object], depth)
    return emit(sent[object])
  elseif meta and opaque[meta] then
    refuse(depth, "is a bridge object (" .. opaque[meta] .. ")")
  end
  local first = next(object)
  if first == nil then
    emit(rawequal(meta, Array) and "[]" or "{}")
  elseif type(first) == "number" or rawequal(meta, Array) or rawget(object, 1) ~= nil then
    encode_list(object, depth)
  else
    encode_object(object, depth)
  end
end

function encode(value, depth)
  take(8, depth)
  local kind = type(value)
  if kind == "string" then
    emit(text_of(value, depth))
  elseif kind == "number" then
    emit(number_of(value) or refuse(depth, "is not a finite number"))
  elseif kind == "table" then
    encode_table(value, depth)
  elseif kind == "boolean" then
    emit(value and "true" or "false")
  elseif kind == "nil" then
    emit("null")
  elseif kind == "function" and handles then
    emit(format('{"$function":%d}', handles(value)))
  else
    refuse(depth, "is a " .. (kind == "thread" and "coroutine" or kind))
  end
end

-- `give_handles` makes functions into handles that the runtime can invoke; without it they are refused.
-- `indentation` is the white space of a level, or nil for compact JSON.
function values.encode(value, what, give_handles, indentation)
  buffer, length, whole = {}, 0, nil
  room, path, handles, indent = MAX_BYTES, { what = what }, give_handles, indentation
  encode(value, 0)
  local rest = length == 1 and buffer[1] or concat(buffer, "", 1, length)
  return whole and concat(whole) .. rest or rest
end

values.quote = quote
values.number = number_of -- nil for what is not finite
values.is_index = is_index
return values
