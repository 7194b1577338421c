local limits = spell.limits()
return {
  named = spell.name:find("spell.lua", 1, true) ~= nil,
  run = #spell.run_id,
  known = spell.language == "lua",
  timeout = limits.timeout,
  calls = limits.max_calls,
  memory = limits.memory,
}
