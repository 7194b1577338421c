local first = now()
for _ = 1, 100000 do
end
local fixed = now() == first
sleep(0.01)
return {
  fixed = fixed,
  sensible = first > 1.7e9 and first < 1e10,
  moves = now() >= first + 0.009,
  clock = os.time() == math.floor(now()),
}
