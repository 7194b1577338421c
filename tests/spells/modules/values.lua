local settings = require("parts.settings")
local greet = require("./parts/greet")
return { answer = settings.answer, greeting = greet("Ada") }
