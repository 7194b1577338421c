local bad = {
  { type = "image" },
  { type = "image", data = "aGk=", url = "https://example.com/a.png" },
  { type = "image", data = "aGk=" },
  { type = "image", data = "no base64!", mime = "image/png" },
  { type = "image", data = "", mime = "image/png" },
  { type = "image", data = "aGk=", mime = "audio/wav" },
  { type = "audio", text = "la" },
  { type = "text" },
  { type = "reasoning", text = "hm" },
  { type = "text", text = "hi", state = "signed" },
  { type = "text", text = 1 },
  { type = "image", url = "https://example.com/a.png", colour = "red" },
  { type = "image", url = "https://example.com/a.png", file_id = "file-1" },
  { type = "image", url = "cat.png" },
  { type = "image", url = "File:///etc/passwd" },
  { type = "image", file_id = "file-1", detail = "huge" },
  { type = "document", file_id = "file-1", detail = "low" },
}
local found = {}
for i, part in ipairs(bad) do
  local _, err = pcall(function()
    llm():complete { { role = "user", content = { { type = "text", text = "Look:" }, part } } }
  end)
  found[i] = { err.kind, (err.message:gsub("^complete: prompt: message 1: content: part 2: ?", "")) }
end
return found
