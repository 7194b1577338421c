return function(name)
  return "Hello, " .. name
end
