return require("parts.broken")
