local first = tools.counter()
for i = 0, 9 do
  write(i)
end
local count
for _ = 2, 9 do
  count = tools.counter()
end
sleep(0)
return count - first + 2
