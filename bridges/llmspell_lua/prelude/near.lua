-- The error for a member that does not exist, and the names that come near to one.
local bridge = ...
local concat, floor, format = table.concat, math.floor, string.format
local min, sort, sub = math.min, table.sort, string.sub
local next, type = next, type

-- The edit distance of two short names (Levenshtein's, one row at a time).
local function distance(left, right)
  local row = {}
  for j = 0, #right do
    row[j] = j
  end
  for i = 1, #left do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #right do
      local cost = sub(left, i, i) == sub(right, j, j) and 0 or 1
      diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
    end
  end
  return row[#right]
end

local near = {}

function near.hint(name, known)
  local similar, all, least = {}, {}, 1 + min(3, floor(#name / 2))
  for candidate in next, known do
    all[#all + 1] = candidate
    local far = #name < 40 and distance(name, candidate) or least
    if far < least then
      similar, least = { candidate }, far
    elseif far == least and #similar > 0 then
      similar[#similar + 1] = candidate
    end
  end
  sort(similar)
  sort(all)
  return #similar > 0 and "did you mean " .. concat(similar, " or ") .. "?" or nil, concat(all, ", ")
end

function near.refuse(owner, key, known)
  local name = type(key) == "string" and bridge.display.clean(key) or bridge.display.key(key)
  local hint, all = near.hint(name, known)
  bridge.errors.throw("type", format("%s has no %s", owner, name), hint or "it has " .. all)
end

return near
