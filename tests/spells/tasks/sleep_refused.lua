local _, negative = pcall(sleep, -1)
local _, text = pcall(sleep, "a while")
return { negative.kind, text.kind }
