return require("parts.cycle_a")
