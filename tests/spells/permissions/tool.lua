local function refusal(call)
  local _, failure = pcall(call)
  return { failure.kind, failure.message, failure.hint }
end
return {
  refused = refusal(function() return tools.add { a = 1, b = 1 } end),
  unknown = refusal(function() return tools.nothing {} end)[1],
  granted = tools.echo { value = 1 },
}
