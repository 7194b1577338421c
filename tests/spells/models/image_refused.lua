llm():complete { -- HERE
  { role = "user", content = { { type = "text", text = "What is this?" }, { type = "image", url = "cat.png" } } },
}
