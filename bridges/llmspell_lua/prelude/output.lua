-- The messages for the runtime, as JSON arrays with the kind of message first (the order of convert.py).
local bridge = ...
local concat = table.concat

local MAX_PIECES = 512 -- of text, before they become one message
local output = {}
local limits = bridge.limits
local outbox, posted = {}, 0
local text, pieces = {}, 0
local printed = 0

-- A limit may stop the script between any two instructions here, so that a count grows after its item is there.
local function add(message)
  outbox[posted + 1] = message
  posted = posted + 1
end

local function flush()
  local message = '[4,"stdout",' .. bridge.values.quote(concat(text, "", 1, pieces)) .. "]"
  text, pieces = {}, 0
  add(message)
end

function output.post(message)
  if pieces > 0 then
    flush()
  end
  add(message)
end

local function count(line)
  limits.check()
  if not bridge.utf8.valid(line) then
    bridge.errors.throw("value", "the text is not valid UTF-8",
      "string.sub counts bytes and may cut a character: utf8.offset(text, n) tells where one begins")
  end
  printed = printed + #line
  if printed > limits.max_output then
    limits.exceed("output")
    limits.stop()
  end
end

function output.write(piece)
  count(piece)
  text[pieces + 1] = piece
  pieces = pieces + 1
  if pieces >= MAX_PIECES then
    flush()
  end
end

function output.log(level, line)
  count(line)
  output.post('[4,"' .. level .. '",' .. bridge.values.quote(line) .. "]")
end

-- All messages since the last time.
function output.drain()
  if pieces > 0 then
    flush()
  end
  local messages = posted == 1 and outbox[1] or concat(outbox, ",", 1, posted)
  if posted > 64 then
    outbox = {}
  end
  posted = 0
  return messages
end

return output
