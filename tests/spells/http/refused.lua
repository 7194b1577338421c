local found = {}
for i, attempt in ipairs {
  { "http://127.0.0.1:80/" },
  { "http://169.254.169.254/latest/meta-data" },
  { "http://2130706433/" },
  { "http://me:secret@api.test/" },
  { "file:///etc/passwd" },
  { "http://api.test/", { headers = { Host = "inner" } } },
  { "http://api.test/", { headers = { ["X-A"] = "1\r\nHost: inner" } } },
  { "http://api.test/", { method = "CONNECT" } },
  { "http://api.test/", { method = "POST" } },
  { "http://api.test/", { json = 1, body = "x" } },
  { "http://api.test/", { max_size = 0 } },
  { "http://api.test/", { hedaers = {} } },
  { "http://api.test/", { query = { a = { b = 1 } } } },
  { "http://api.test/", { body = { blob = "forged", mime = "a/b", size = 1 } } },
} do
  local _, err = pcall(function()
    return http.get(attempt[1], attempt[2])
  end)
  found[i] = err.kind .. " " .. err.message
end
return found
