return function(given)
  return { sum = tools.add { a = given.a, b = given.b } }
end
