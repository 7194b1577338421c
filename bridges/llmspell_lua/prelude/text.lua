-- Values as text: print, write, log, tostring and string.format, none of which shows an address.
local bridge = ...
local concat, error, find, format = table.concat, error, string.find, string.format
local getmetatable, gsub, rawget, rep = debug.getmetatable, string.gsub, rawget, string.rep
local select, setmetatable, tostring, type, unpack = select, setmetatable, tostring, type, table.unpack or unpack

local display, limits, output = bridge.display, bridge.limits, bridge.output
local text = {}
local numbers, last_number = setmetatable({}, { __mode = "k" }), 0
local HAS_ADDRESS = { table = true, ["function"] = true, thread = true, userdata = true }

-- A counter stands where Lua would show an address.
local function numbered(value, name)
  if not numbers[value] then
    last_number = last_number + 1
    numbers[value] = last_number
  end
  return format("%s: %d", name, numbers[value])
end

local function metafield(value, name)
  local meta = type(value) == "table" and getmetatable(value)
  return meta and rawget(meta, name) or nil
end

function text.tostring(...)
  local value, kind = (...), type(...)
  if not HAS_ADDRESS[kind] then
    return tostring(value)
  end
  local show, name = metafield(value, "__tostring"), metafield(value, "__name")
  if show == nil then
    return numbered(value, type(name) == "string" and name or kind)
  end
  local shown = show(value)
  if type(shown) ~= "string" then
    error("'__tostring' must return a string", 2)
  end
  return shown
end

function text.shown(value)
  if metafield(value, "__tostring") ~= nil then
    return text.tostring(value)
  end
  return display.value(value)
end

local function line_of(...)
  local pieces = {}
  for i = 1, select("#", ...) do
    pieces[i] = text.shown((select(i, ...)))
  end
  return concat(pieces, "\t")
end

function text.print(...)
  output.write(line_of(...) .. "\n")
end

function text.write(...)
  for i = 1, select("#", ...) do
    output.write(text.shown((select(i, ...))))
  end
end

function text.log(level, ...)
  output.log(level, line_of(...))
end

function text.format(pattern, ...)
  if type(pattern) ~= "string" or not find(pattern, "[sp]") then
    return format(pattern, ...)
  elseif find(gsub(pattern, "%%%%", ""), "%%[^%a]*p") then
    error("invalid conversion '%p' to 'format': there are no addresses here", 2)
  end
  local args, count = { ... }, select("#", ...)
  for i = 1, count do
    if HAS_ADDRESS[type(args[i])] then
      args[i] = text.tostring(args[i])
    end
  end
  return format(pattern, unpack(args, 1, count))
end

function text.rep(piece, count, separator)
  if type(piece) == "string" and type(count) == "number" then
    local size = #piece + (type(separator) == "string" and #separator or 0)
    if size == 0 then
      return "" -- Lua would count to the end all the same
    elseif size * count > limits.memory then
      limits.exceed("memory")
      limits.stop()
    end
  end
  return rep(piece, count, separator)
end

return text
