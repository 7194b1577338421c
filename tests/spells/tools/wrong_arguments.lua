local kinds = {}
for i, args in ipairs { { a = 1 }, { a = 1, b = "two" }, { a = 1, b = 2, c = 3 } } do
  local _, err = pcall(tools.add, args)
  kinds[i] = err.kind
end
return kinds
