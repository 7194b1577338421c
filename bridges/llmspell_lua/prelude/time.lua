-- Time and randomness of a run: the runtime's clock, in UTC wherever the spell runs, and the run's seed.
local bridge = ...
local date, error, floor, format, gsub = os.date, error, math.floor, string.format, string.gsub
local randomseed, select, tonumber = math.randomseed, select, tonumber

local now, state = bridge.tasks.now, bridge.state
local time = {}

-- Days from 1970 to a civil date (Howard Hinnant, "chrono-compatible low-level date algorithms").
local function days(year, month, day)
  year = month <= 2 and year - 1 or year
  local era = floor(year / 400)
  local of_era = year - era * 400
  local of_year = floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468
end

local function field(fields, name, default)
  local value = fields[name]
  value = value == nil and default or tonumber(value)
  if not value or value ~= floor(value) or value > 2 ^ 31 or value < -2 ^ 31 then
    error(format("field '%s' %s in date table", name, value and "is out of bounds" or "missing"), 3)
  end
  return value
end

function time.time(fields)
  if fields == nil then
    return floor(now())
  end
  local year, month = field(fields, "year"), field(fields, "month") - 1
  local day = days(year + floor(month / 12), month % 12 + 1, 1) + field(fields, "day") - 1
  local seconds = field(fields, "hour", 12) * 3600 + field(fields, "min", 0) * 60 + field(fields, "sec", 0)
  return floor(day * 86400 + seconds)
end

function time.date(pattern, seconds)
  pattern = gsub(pattern == nil and "%c" or pattern, "^!", "")
  return date("!" .. pattern, floor(seconds == nil and now() or seconds))
end

function time.clock()
  return now() - state.began
end

-- Two multiplicative generators combined (L'Ecuyer 1988), apart from math.random, which a script may seed.
local first = state.seed % 2147483562 + 1
local second = floor(state.seed / 4194304) % 2147483398 + 1

local function bits16()
  first, second = first * 40014 % 2147483563, second * 40692 % 2147483399
  return floor((first - second) % 2147483562 / 32768) % 65536
end

function time.uuid()
  local words = {}
  for i = 1, 8 do
    words[i] = bits16()
  end
  words[4], words[5] = words[4] % 4096 + 16384, words[5] % 16384 + 32768
  return format("%04x%04x-%04x-%04x-%04x-%04x%04x%04x", words[1], words[2], words[3], words[4], words[5],
    words[6], words[7], words[8])
end

function time.randomseed(...)
  if select("#", ...) == 0 then
    return randomseed(bits16())
  end
  return randomseed(...)
end

return time
