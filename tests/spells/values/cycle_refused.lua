local loop = {}
loop.me = loop
return loop
