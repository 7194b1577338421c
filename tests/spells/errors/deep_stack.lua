local function down(levels)
  if levels == 0 then
    error("at the bottom") -- HERE
  end
  down(levels - 1)
  return levels
end

down(20)
