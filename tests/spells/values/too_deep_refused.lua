local function nested(levels)
  local value = {}
  for _ = 2, levels do
    value = { inner = value }
  end
  return value
end
local kept = pcall(json.encode, nested(200))
local _, err = pcall(json.encode, nested(201))
return { kept = kept, kind = err.kind }
