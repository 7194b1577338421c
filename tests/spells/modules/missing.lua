local nothing = require("./parts/nothing") -- HERE
return nothing
