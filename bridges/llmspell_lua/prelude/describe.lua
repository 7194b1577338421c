-- Whatever a script threw, as the error object that crosses the border.
local bridge = ...
local create, resume = coroutine.create, coroutine.resume
local format, gsub, match = string.format, string.gsub, string.match
local next, remove, sub = next, table.remove, string.sub
local ipairs, pcall, rawequal, rawget, tonumber, type = ipairs, pcall, rawequal, rawget, tonumber, type

local FIELDS = {
  kind = "string", message = "string", hint = "string", provider = "string", file = "string",
  source_line = "string", status = "number", line = "number", column = "number", retryable = "boolean",
  stack = "table", data = "any",
}
local KINDS = {
  spell = true, type = true, value = true, not_found = true, permission = true, timeout = true, model = true,
  context_length = true, content_filter = true, provider = true, network = true, auth = true,
  rate_limit = true, tool = true, internal = true,
}
local clean = bridge.display.clean
local state, values = bridge.state, bridge.values

local MAX_TEXT = 65536 -- of a message
local MAX_FIELD = 1048576 -- of a field, as JSON

local function crosses(value)
  local ok, json = pcall(values.encode, value, "the value")
  return ok and #json <= MAX_FIELD
end

-- A text that crosses: valid UTF-8, and not too long.
local function fit(text)
  if #text > MAX_TEXT then
    text = gsub(sub(text, 1, MAX_TEXT), "[\192-\255][\128-\191]*$", "")
  end
  return clean(text)
end

-- Splits "file:line: message" when the position is one that the script's own frames or files explain. The
-- frames inside of the one that is blamed, as `error(message, 2)` does, go.
local function split(text, frames)
  for i, frame in ipairs(frames) do
    local prefix = format("%s:%d: ", frame.short, frame.line)
    if sub(text, 1, #prefix) == prefix then
      for _ = 2, i do
        remove(frames, 1)
      end
      return sub(text, #prefix + 1), frame.file, frame.line
    end
  end
  local short, line, message = match(text, "^(.-):(%d+): (.*)$")
  local file = short and state.chunks[short]
  if not file then
    return text
  end
  return message, file, tonumber(line)
end

local function from_string(text, frames)
  local message, file, line = split(text, frames)
  local unknown = match(message, "^attempt to .*global '([%w_]+)'")
  local hint = unknown and bridge.near.hint(unknown, state.env) or nil
  return { kind = "spell", message = message, file = file, line = line, hint = hint }
end

local function from_error(thrown)
  local data = {}
  for name, kind in next, FIELDS do
    local value = rawget(thrown, name)
    if type(value) == "string" and kind == "string" then
      data[name] = fit(value)
    elseif (kind == "any" or type(value) == kind) and crosses(value) then
      data[name] = value
    end
  end
  return data
end

-- Its `__tostring` is code of the script, which runs where the limits hold.
local function shown(thrown)
  local thread = create(bridge.text.shown)
  bridge.limits.arm(thread)
  local ok, text = resume(thread, thrown)
  return ok and type(text) == "string" and text or "<" .. type(thrown) .. ">"
end

local function from_anything(thrown)
  local data = { kind = "spell", message = shown(thrown) }
  if crosses(thrown) then
    data.data = thrown
  end
  return data
end

local function fields_of(thrown, frames)
  if type(thrown) == "string" then
    return from_string(thrown, frames)
  end
  local known = type(thrown) == "table" and type(rawget(thrown, "message")) == "string"
  if known and (KINDS[rawget(thrown, "kind")] or rawequal(thrown, state.killed)) then
    return from_error(thrown)
  end
  return from_anything(thrown)
end

-- The error as JSON; `frames` are those of where it was thrown.
return function(thrown, frames)
  local data = bridge.errors.place(fields_of(thrown, frames), frames)
  data.file = data.file or state.name
  data.message, data.file = fit(data.message), fit(data.file)
  for i, line in ipairs(data.stack or {}) do
    data.stack[i] = type(line) == "string" and fit(line) or line
  end
  return values.encode(data, "the error")
end
