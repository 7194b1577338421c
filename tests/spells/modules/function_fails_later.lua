local shop = require("parts.shop")
return map({ { price = 1 }, {} }, shop.total)
