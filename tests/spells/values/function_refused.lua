return { a = { run = function() end } }
