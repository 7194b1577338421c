local numbers = {}
for i = 1, 5 do
  numbers[i] = math.random()
end
return { id = uuid(), numbers = numbers }
