-- UTF-8 for dialects without the utf8 library (the ranges are those of RFC 3629, section 4).
if utf8 then
  return { valid = utf8.len, char = utf8.char }
end

local byte, char, find, floor = string.byte, string.char, string.find, math.floor

-- Lead byte -> continuation bytes, and the least and greatest second byte.
local function shape(lead)
  if lead >= 0xC2 and lead <= 0xDF then
    return 1, 0x80, 0xBF
  elseif lead >= 0xE0 and lead <= 0xEF then
    return 2, lead == 0xE0 and 0xA0 or 0x80, lead == 0xED and 0x9F or 0xBF
  elseif lead >= 0xF0 and lead <= 0xF4 then
    return 3, lead == 0xF0 and 0x90 or 0x80, lead == 0xF4 and 0x8F or 0xBF
  end
end

local function sequence_end(text, at)
  local more, least, greatest = shape(byte(text, at))
  if not more then
    return nil
  end
  for i = 1, more do
    local next_byte = byte(text, at + i)
    if not next_byte or next_byte < least or next_byte > greatest then
      return nil
    end
    least, greatest = 0x80, 0xBF
  end
  return at + more
end

local function valid(text)
  local at = find(text, "[\128-\255]")
  while at do
    local last = sequence_end(text, at)
    if not last then
      return false
    end
    at = find(text, "[\128-\255]", last + 1)
  end
  return true
end

local function encoded(code)
  if code < 0x80 then
    return char(code)
  end
  local tail, lead, room = "", 0xC0, 0x20
  repeat
    tail = char(0x80 + code % 0x40) .. tail
    code = floor(code / 0x40)
    if code >= room then
      lead, room = lead + room, room / 2
    end
  until code < room
  return char(lead + code) .. tail
end

return { valid = valid, char = encoded }
