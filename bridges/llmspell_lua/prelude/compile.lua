-- Source to functions, with the exact place of what does not compile.
local bridge = ...
local byte, char, find, getinfo, gsub = string.byte, string.char, string.find, debug.getinfo, string.gsub
local load, match, sub, tonumber = load, string.match, string.sub, tonumber

local state = bridge.state

-- Where in the source the offending token stands: the end of the first prefix that fails for the same reason before
-- its end. And where its line begins.
local function place_of(source, line, token, chunk, reason)
  local start = 1
  for _ = 2, line do
    start = (find(source, "\n", start, true) or start) + 1
  end
  if token == "<eof>" then
    return #source + 1, start
  end
  local stop = find(source, "\n", start, true) or #source + 1
  local at = start
  for _ = 1, 100 do
    local first, last = find(source, token, at, true)
    if not first or first >= stop then
      return nil
    end
    local _, message = load(sub(source, 1, last), chunk, "t")
    local same = message and find(message, reason, 1, true)
    if same and (find(reason, "unfinished", 1, true) or not find(message, "<eof>", 1, true)) then
      return first, start
    end
    at = first + 1
  end
end

-- Columns count characters, not bytes.
local function column_of(source, line, token, ...)
  local at, start = place_of(source, line, token, ...)
  if at then
    local _, continued = gsub(sub(source, start, at - 1), "[\128-\191]", "")
    return at - start + 1 - continued, match(source, "^[\194-\244][\128-\191]+", at)
  end
end

local function problem(source, name, chunk, message)
  local short = getinfo(load("", chunk), "S").short_src
  local line, text = match(sub(message, #short + 2), "^(%d+): (.*)$")
  local err = bridge.errors.new("spell", bridge.display.clean(text or message))
  err.file, err.line = name, tonumber(line or 1)
  local reason, token = match(err.message, "^(.-) near '?(.-)'?$")
  if token then
    local code = match(token, "^<\\(%d+)>$") -- how Lua shows the first byte of a character that it does not know
    local column, letter = column_of(source, err.line, code and char(code) or token, chunk, reason)
    err.column = column
    if code and letter then
      err.message = sub(err.message, 1, -#token - 2) .. letter .. "'"
    end
  end
  return err
end

-- A first line such as `#!/usr/bin/env llmspell` and a byte order mark are not Lua.
local function plain(source)
  if sub(source, 1, 3) == "\239\187\191" then
    source = sub(source, 4)
  end
  return byte(source) == 35 and "--" .. source or source
end

-- The function of a file, or nil and the error.
return function(source, name, env)
  source = plain(source)
  local chunk = "@" .. name
  local body, message = load(source, chunk, "t", env)
  if not body then
    return nil, problem(source, name, chunk, message)
  end
  state.chunks[getinfo(body, "S").short_src] = name
  return body
end
