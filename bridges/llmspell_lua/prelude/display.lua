-- Values for a person: JSON where possible, and "<function>" and the like for what JSON cannot hold.
local bridge = ...
local concat, format, getmetatable, gsub = table.concat, string.format, debug.getmetatable, string.gsub
local next, rawequal, rawget = next, rawequal, rawget
local sort, sub, tostring, type = table.sort, string.sub, tostring, type

local MAX_DEPTH = 200
local MAX_PIECES = 200000
local display = {}
local valid, values = bridge.utf8.valid, bridge.values

-- The text with a question mark for every byte that makes it invalid UTF-8.
function display.clean(text)
  return valid(text) and text or (gsub(text, "[\128-\255]", "?"))
end

function display.key(key)
  local kind = type(key)
  if kind == "string" then
    return '"' .. display.clean(sub(key, 1, 40)) .. '"'
  end
  return (kind == "number" or kind == "boolean") and tostring(key) or "a " .. kind
end

local function least(left, right)
  return (left == nil or right < left) and right or left
end

local function first_hole(list)
  local hole = 1
  while rawget(list, hole) ~= nil do
    hole = hole + 1
  end
  return hole
end

-- Why a table is neither a sequence nor an object with text keys, in the same words whatever `next` says first.
function display.odd_keys(object)
  local text, index, odd
  for key in next, object do
    if type(key) == "string" then
      text = least(text, key)
    elseif values.is_index(key) then
      index = least(index, key)
    else
      odd = key
    end
  end
  if odd ~= nil then
    return "has a key that is not text: " .. display.key(odd)
  elseif text and index then
    return format("has the keys %s and %s: it is neither a list nor an object", display.key(index), display.key(text))
  end
  return text and "is a list with the key " .. display.key(text)
    or format("is a list with holes: [%d] is missing", first_hole(object))
end

local function step(key)
  return type(key) == "number" and format("[%d]", key) or "." .. display.clean(sub(key, 1, 40))
end

-- Throws the error about a value that cannot cross: `path` holds the keys to it, `path.what` names the root.
function display.refuse(path, depth, reason, hint)
  local place = { path.what }
  for i = 1, depth do
    if i == 9 and depth > 10 then -- what is nested that deeply is not found by its path
      place[#place + 1] = "…"
      break
    end
    place[#place + 1] = step(path[i])
  end
  bridge.errors.throw("value", concat(place) .. " " .. reason, hint)
end

local buffer, length, ancestors
local show

local function emit(piece)
  length = length + 1
  if length > MAX_PIECES then
    bridge.errors.throw("value", "the value is too large to show")
  end
  buffer[length] = piece
end

local function by_text(left, right)
  return left[1] < right[1]
end

-- Keys as text with their values, sorted; and whether the table is a whole sequence.
local function entries_of(object)
  local entries, count, indexes = {}, 0, 0
  for key, value in next, object do
    count = count + 1
    indexes = indexes + (values.is_index(key) and 1 or 0)
    entries[count] = { type(key) == "string" and key or "[" .. display.key(key) .. "]", value }
  end
  for i = 1, indexes do
    if rawget(object, i) == nil then
      return entries, false
    end
  end
  return entries, indexes == count
end

local function show_list(list, count)
  emit("[")
  for i = 1, count do
    emit(i > 1 and "," or "")
    show(rawget(list, i))
  end
  emit("]")
end

local function show_object(entries)
  sort(entries, by_text)
  emit("{")
  for i = 1, #entries do
    emit((i > 1 and "," or "") .. values.quote(display.clean(entries[i][1])) .. ":")
    show(entries[i][2])
  end
  emit("}")
end

local function show_table(object)
  local meta = getmetatable(object)
  local name = meta and bridge.state.opaque[meta]
  if rawequal(object, values.null) then
    return emit("null")
  elseif name or ancestors[object] or ancestors.depth >= MAX_DEPTH then
    return emit('"<' .. (name or ancestors[object] and "cycle" or "too deep") .. '>"')
  end
  local entries, is_list = entries_of(object)
  ancestors[object], ancestors.depth = true, ancestors.depth + 1
  if is_list and (#entries > 0 or rawequal(meta, values.Array)) then
    show_list(object, #entries)
  else
    show_object(entries)
  end
  ancestors[object], ancestors.depth = nil, ancestors.depth - 1
end

local function number(value)
  return values.number(value) or value ~= value and "nan" or value > 0 and "inf" or "-inf"
end

function show(value)
  local kind = type(value)
  if kind == "string" then
    emit(values.quote(display.clean(value)))
  elseif kind == "number" then
    emit(values.number(value) or '"<' .. number(value) .. '>"')
  elseif kind == "table" then
    show_table(value)
  elseif kind == "boolean" or kind == "nil" then
    emit(tostring(value))
  else
    emit('"<' .. (kind == "thread" and "coroutine" or kind) .. '>"')
  end
end

local function of_table(value)
  buffer, length, ancestors = {}, 0, { depth = 0 }
  show(value)
  local text = concat(buffer, "", 1, length)
  return length == 1 and (gsub(text, '^"(<.*>)"$', "%1")) or text
end

-- Texts as they are, numbers, booleans and tables as JSON, and nil, nan, inf and <function> by their names.
function display.value(value)
  local kind = type(value)
  if kind == "string" then
    return value
  elseif kind == "number" then
    return number(value)
  elseif kind == "nil" or kind == "boolean" then
    return tostring(value)
  end
  return of_table(value)
end

return display
