local before = spell.usage()
llm():complete("a b c")
llm():complete("d")
local usage = spell.usage()
return {
  before = before.calls,
  calls = usage.calls,
  input = usage.input_tokens,
  output = usage.output_tokens,
  cost = usage.cost == nil,
}
