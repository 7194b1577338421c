local reply = llm():complete("Say hello")
return {
  text = reply.text,
  finish = reply.finish_reason,
  calls = #reply.tool_calls,
  input = reply.usage.input_tokens,
  output = reply.usage.output_tokens,
  model = reply.model,
  cost = reply.cost == nil,
  reasoning = reply.reasoning == nil,
}
