return require("parts.unreadable")
