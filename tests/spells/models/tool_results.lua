llm():complete {
  { role = "user", content = "Look." },
  { role = "assistant", tool_calls = { { id = "c1", name = "camera", arguments = {} } } },
  {
    role = "tool",
    tool_call_id = "c1",
    is_error = true,
    content = { { type = "text", text = "blurred" }, { type = "image", data = "iVBORw0KGgo=", mime = "image/png" } },
  },
}
