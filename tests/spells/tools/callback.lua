return {
  applied = tools.apply { run = function(a, b) return a .. "-" .. b end, args = { "a", "b" } },
  each = tools.each { items = { 1, 2, 3 }, run = function(n) return n * n end },
  many = tools.apply { run = function(...) return { ... } end, args = { 1, 2, 3, 4, 5 } },
  nothing = tools.apply { run = function() end, args = array {} } == nil,
}
