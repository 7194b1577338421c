local function label(letter)
  return function()
    return tools.each { items = { 1, 2 }, run = function(n)
      sleep(0.002)
      return letter .. n
    end }
  end
end
return { parallel(label("a"), label("b")) }
