local found = {}
for line in http.lines("http://api.test/1") do
  found[#found + 1] = line
  if line == "three" then
    break
  end
end
for event in http.events("http://api.test/2") do
  found[#found + 1] = event.event .. "=" .. event.data
end
found[#found + 1] = table.concat(http.stream("http://api.test/3", { json = { 1 } }):collect())
local _, err = pcall(function()
  return http.lines("http://api.test/4"):collect()
end)
found[#found + 1] = err.kind .. " " .. err.status .. " " .. tostring(err.retryable) .. " " .. err.message
return found
