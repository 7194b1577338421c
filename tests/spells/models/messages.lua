local reply = llm():complete {
  { role = "system", content = "Be brief." },
  { role = "user", content = { { type = "text", text = "The capital " }, { type = "text", text = "of France?" } } },
  { role = "assistant", tool_calls = { { id = "c1", name = "look_up", arguments = { best_city = 1 } } } },
  { role = "tool", tool_call_id = "c1", content = "Paris!" },
}
return reply.text
