local greet = require("./greet")
local settings = require("../parts/settings")
return { greeting = greet(settings.answer) }
