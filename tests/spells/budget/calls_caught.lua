for _ = 1, 4 do
  sleep(0)
end
print(spell.budget().calls)
pcall(sleep, 0)
print("never")
