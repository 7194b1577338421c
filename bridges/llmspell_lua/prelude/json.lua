-- json.encode and json.decode for scripts (RFC 8259).
local bridge = ...
local char, concat, find, floor, format = bridge.utf8.char, table.concat, string.find, math.floor, string.format
local gsub, match, rep, sub = string.gsub, string.match, string.rep, string.sub
local byte, tonumber, type = string.byte, tonumber, type

local MAX_DEPTH = 200
local MAX_SAFE = 2 ^ 53
local escapes = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}
local text -- under decoding; no script code runs meanwhile
local value_at

local function fail(at, reason)
  local before = sub(text, 1, at - 1)
  local _, lines = gsub(before, "\n", "\n")
  bridge.errors.throw("value", format("not JSON: %s at line %d, column %d", reason, lines + 1,
    #match(before, "[^\n]*$") + 1))
end

local function skip(at)
  return find(text, "[^ \t\r\n]", at) or #text + 1
end

local function code_at(at)
  local digits = match(text, "^\\u(%x%x%x%x)", at)
  return digits and tonumber(digits, 16)
end

local function unicode(at)
  local code = code_at(at) or fail(at, "a bad \\u escape")
  if code >= 0xD800 and code <= 0xDFFF then
    local low = code < 0xDC00 and code_at(at + 6)
    if not low or low < 0xDC00 or low > 0xDFFF then
      fail(at, "a lone surrogate")
    end
    return char(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), at + 12
  end
  return char(code), at + 6
end

local function escape(at)
  local letter = sub(text, at + 1, at + 1)
  if letter == "u" then
    return unicode(at)
  end
  return escapes[letter] or fail(at, "a bad escape"), at + 2
end

-- The string that opens at `at`, and where the text goes on.
local function string_at(at)
  local pieces, count, start = {}, 0, at + 1
  while true do
    local stop = find(text, '[%c"\\]', start) or fail(at, "an open string")
    count = count + 1
    pieces[count] = sub(text, start, stop - 1)
    local code = byte(text, stop)
    if code == 34 then
      return count == 1 and pieces[1] or concat(pieces, "", 1, count), stop + 1
    elseif code == 92 then
      count = count + 1
      pieces[count], start = escape(stop)
    elseif code == 127 then
      count = count + 1
      pieces[count], start = "\127", stop + 1
    else
      fail(stop, "a control character in a string")
    end
  end
end

local function number_at(at)
  local whole = match(text, "^-?%d+", at)
  if not whole or find(whole, "^-?0%d") then
    fail(at, "an unexpected character")
  end
  local all = whole .. (match(text, "^%.%d+", at + #whole) or "")
  all = all .. (match(text, "^[eE][-+]?%d+", at + #all) or "")
  local number = tonumber(all)
  if #all > #whole and number == floor(number) and number <= MAX_SAFE and number >= -MAX_SAFE then
    number = tonumber(format("%.0f", number))
  end
  return number, at + #all
end

local function array_at(at, depth)
  local list, count = {}, 0
  at = skip(at + 1)
  if byte(text, at) == 93 then
    return bridge.values.as_array(list), at + 1
  end
  while true do
    local item
    item, at = value_at(at, depth)
    count = count + 1
    if item == nil then
      item = bridge.values.null
    end
    list[count] = item
    at = skip(at)
    local code = byte(text, at)
    if code == 93 then
      return bridge.values.as_array(list), at + 1
    elseif code ~= 44 then
      fail(at, "expected , or ]")
    end
    at = skip(at + 1)
  end
end

local function object_at(at, depth)
  local object, key = {}, nil
  at = skip(at + 1)
  if byte(text, at) == 125 then
    return object, at + 1
  end
  while true do
    if byte(text, at) ~= 34 then
      fail(at, "expected a key in quotes")
    end
    key, at = string_at(at)
    at = skip(at)
    if byte(text, at) ~= 58 then
      fail(at, "expected :")
    end
    object[key], at = value_at(skip(at + 1), depth)
    at = skip(at)
    local code = byte(text, at)
    if code == 125 then
      return object, at + 1
    elseif code ~= 44 then
      fail(at, "expected , or }")
    end
    at = skip(at + 1)
  end
end

local constants = { t = { "true", true }, f = { "false", false }, n = { "null", nil } }

function value_at(at, depth)
  local code = byte(text, at)
  if code == 34 then
    return string_at(at)
  elseif code == 123 or code == 91 then
    if depth == 0 then
      fail(at, "nested too deeply")
    end
    return (code == 123 and object_at or array_at)(at, depth - 1)
  end
  local constant = constants[sub(text, at, at)]
  if constant and sub(text, at, at + #constant[1] - 1) == constant[1] then
    return constant[2], at + #constant[1]
  elseif not code then
    fail(at, "an unexpected end")
  end
  return number_at(at)
end

local function decode(source)
  if type(source) ~= "string" then
    bridge.errors.throw("type", "json.decode takes a text")
  end
  text = source
  local value, at = value_at(skip(1), MAX_DEPTH)
  at = skip(at)
  if at <= #text then
    fail(at, "more after the value")
  end
  text = nil
  return value
end

local function indentation(options)
  local indent = type(options) == "table" and options.indent or nil
  if indent == nil or indent == 0 then
    return nil
  elseif type(indent) ~= "number" or indent < 0 or indent > 16 then
    bridge.errors.throw("value", "indent must be a number from 0 to 16")
  end
  return rep(" ", indent)
end

local function encode(value, options)
  return bridge.values.encode(value, "the value", nil, indentation(options))
end

return { encode = encode, decode = decode }
