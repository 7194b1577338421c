return require("parts.asks") .. " in spring"
