local _, err = pcall(timeout, 0.2, function() run("sh", { "-c", "sleep 30; echo bad > late" }) end)
local first = race(function() return run("sleep", { "30" }) end, function() return "quick" end)
return { err.kind, first }
