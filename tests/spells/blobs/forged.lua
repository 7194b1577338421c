local kinds = {}
for _, forged in ipairs({ { blob = "0123456789abcdef0123456789abcdef", mime = "text/plain", size = 3 },
                          { blob = "", mime = "", size = 0 }, { blob = "x" }, "x", 1 }) do
  local _, err = pcall(blob.text, forged)
  kinds[#kinds + 1] = err.kind
end
return kinds
