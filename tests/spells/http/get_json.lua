local answer = http.get("http://api.test/items", { query = { n = { 1, 2 }, q = "a b" }, headers = { ["X-Key"] = "k" } })
return { answer.status, answer.ok, answer.url, answer.redirected, answer.headers["content-type"], answer.json.items[2].name }
