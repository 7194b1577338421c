local a = 1
local b = = a -- HERE
return b
