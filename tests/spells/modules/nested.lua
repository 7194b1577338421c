return require("parts.nested").greeting
