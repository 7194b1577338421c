local sum = tools.ad { a = 1, b = 2 } -- HERE
return sum
