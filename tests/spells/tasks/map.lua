local doubled = map({ 1, 2, 3, 4 }, function(n)
  return tools.later { seconds = 0.002 * (5 - n), value = n * 2 }
end)
return {
  doubled = doubled,
  empty = map(array {}, function() end),
  plain = map({ "a", "b" }, function(text) return text .. "!" end, { concurrency = 1 }),
}
