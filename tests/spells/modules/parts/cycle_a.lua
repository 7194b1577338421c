return { b = require("./cycle_b") }
