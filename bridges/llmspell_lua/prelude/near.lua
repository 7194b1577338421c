-- The error for a member that does not exist, with the names that come near.
local bridge = ...
local concat, format, min, sort, sub = table.concat, string.format, math.min, table.sort, string.sub
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

local function hint(name, known)
  local near, all = {}, {}
  for candidate in next, known do
    all[#all + 1] = candidate
    if #name < 40 and distance(name, candidate) <= 2 + #candidate / 5 then
      near[#near + 1] = candidate
    end
  end
  sort(near)
  sort(all)
  return #near > 0 and "did you mean " .. concat(near, " or ") .. "?" or "it has " .. concat(all, ", ")
end

return function(owner, key, known)
  local name = type(key) == "string" and bridge.display.clean(key) or bridge.display.key(key)
  bridge.errors.throw("type", format("%s has no %s", owner, name), hint(name, known))
end
