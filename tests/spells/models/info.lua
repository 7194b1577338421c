local info = llm():info()
return {
  name = info.name,
  provider = info.provider,
  context = info.context_length,
  most = info.max_output_tokens == nil,
  ["local"] = info["local"],
}
