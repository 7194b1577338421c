local pieces, last = 0, nil
for chunk in llm():stream("Count please") do
  write(chunk.text)
  pieces, last = pieces + 1, chunk
end
print()
return {
  pieces = pieces,
  finish = last.finish_reason,
  input = last.usage.input_tokens,
  output = last.usage.output_tokens,
  model = last.model,
}
