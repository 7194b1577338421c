local page = tools.fetch_page { url = "https://example.com/tides" }
local answer = tools.http_request { url = "https://example.com/items", json = { name = "lamp" } }
local ok, problem = pcall(tools.fetch_page, { url = "https://elsewhere.example/" })
local _, unset = pcall(tools.web_search, { query = "tides" })
return { page = page.text, status = answer.status, id = answer.json.id, ok = ok, problem = problem.kind, unset = unset.kind }
