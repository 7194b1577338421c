local found = {}
for i, answer in ipairs {
  http.post("https://api.test/1", { json = { a = { 1, true }, b = "ä" } }),
  http.put("https://api.test/2", { body = "plain" }),
  http.patch("https://api.test/3", { form = { a = "1 2", b = { "x", "y" } } }),
  http.delete("https://api.test/4"),
  http.head("https://api.test/5"),
  http.fetch("https://api.test/6", { method = "report", body = "<a/>", headers = { ["content-type"] = "text/xml" } }),
  http.fetch("https://api.test/7", { json = false }),
  http.fetch("https://api.test/8"),
} do
  found[i] = answer.text
end
return found
