local id = uuid()
local hex = "%x"
local shape = "^" .. hex:rep(8) .. "%-" .. hex:rep(4) .. "%-4" .. hex:rep(3) .. "%-[89ab]" .. hex:rep(3) .. "%-" .. hex:rep(12) .. "$"
return { shape = id:find(shape) ~= nil, differ = id ~= uuid() }
