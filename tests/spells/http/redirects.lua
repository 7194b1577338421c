local followed = http.get("http://api.test/a", { headers = { Authorization = "s", Accept = "x/y" } })
local manual = http.get("http://api.test/d", { redirect = "manual" })
local _, refused = pcall(http.get, "http://api.test/e")
return { followed.url, followed.redirected, followed.text, manual.status, manual.headers.location, refused.kind }
