local function down(levels)
  return 1 + down(levels + 1)
end

return down(0)
