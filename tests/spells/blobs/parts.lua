local png = blob.from_base64("iVBORw0KGgo=", "image/png")
local bytes = blob.from_base64("aGk=")
llm():complete {
  {
    role = "user",
    content = {
      { type = "image", data = png },
      { type = "document", data = bytes, name = "report.pdf" },
      { type = "audio", data = bytes, mime = "audio/wav" },
    },
  },
}
local found = {}
for i, part in ipairs {
  { type = "image", data = bytes },
  { type = "audio", data = png },
  { type = "image", data = blob.from_text("", "image/png") },
  { type = "image", data = { blob = "forged", mime = "image/png", size = 1 } },
  { type = "image", data = { url = "x" } },
} do
  local _, err = pcall(function() llm():complete { { role = "user", content = { part } } } end)
  found[i] = { err.kind, (err.message:gsub("^complete: prompt: message 1: content: part 1: ?", "")) }
end
return found
