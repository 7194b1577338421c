return {
  applied = tools.apply { run = function(a, b) return a .. "-" .. b end, args = { "a", "b" } },
  each = tools.each { items = { 1, 2, 3 }, run = function(n) return n * n end },
  nothing = tools.apply { run = function() end, args = array {} } == nil,
}
