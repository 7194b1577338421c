local deep = { "bottom" }
for _ = 2, 150 do
  deep = { deep }
end
local back, depth = tools.echo { value = deep }, 0
while back ~= "bottom" do
  back, depth = back[1], depth + 1
end
return { depth = depth, matrix = { { 1, 2 }, { 3, { 4, { 5 } } } }, mixed = { { a = { { b = { {} } } } } } }
