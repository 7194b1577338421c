return {
  plain = tools.attempt { run = function() error("no") end },
  known = tools.attempt { run = function() return tools.not_there { name = "key" } end },
  refused = tools.attempt { run = function() return 0 / 0 end }.kind,
}
