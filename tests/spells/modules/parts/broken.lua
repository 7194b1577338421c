local function check()
  error("broken on load") -- HERE
end

return check()
