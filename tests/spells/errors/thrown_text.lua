local function buy()
  error("out of milk") -- HERE
end

buy()
