local first, second = require("parts.counter"), require("./parts/counter")
first.add()
second.add()
return { same = first == second, count = first.count() }
