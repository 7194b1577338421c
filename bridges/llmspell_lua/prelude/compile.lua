-- Source to functions, with the exact place of what does not compile.
local bridge = ...
local byte, find, getinfo, load, match = string.byte, string.find, debug.getinfo, load, string.match
local sub, tonumber = string.sub, tonumber

local state = bridge.state

-- Where in its line the offending token stands: the end of the first prefix that fails before its end.
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
    if message and (find(message, "unfinished", 1, true) or not find(message, "<eof>", 1, true)) then
      return first - start + 1
    end
    at = first + 1
  end
end

local function problem(source, name, chunk, message)
  local short = getinfo(load("", chunk), "S").short_src
  local line, text = match(sub(message, #short + 2), "^(%d+): (.*)$")
  local err = bridge.errors.new("spell", bridge.display.clean(text or message))
  err.file, err.line = name, tonumber(line or 1)
  local token = match(err.message, "near '(.*)'$") or match(err.message, "near (<eof>)$")
  err.column = token and column_of(source, err.line, token, chunk)
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
