local calls = {
  { "read_file", { path = "a.txt" } },
  { "list_files", { path = "." } },
  { "find_files", { pattern = "*" } },
  { "search_files", { pattern = "a" } },
  { "json_query", { path = "a.txt", query = "a" } },
  { "write_file", { path = "a.txt", content = "x" } },
  { "edit_file", { path = "a.txt", old = "a", new = "b" } },
  { "fetch_page", { url = "https://example.com/" } },
  { "http_request", { url = "https://example.com/", method = "POST", body = "x" } },
  { "sqlite_query", { database = "a.db", sql = "SELECT 1" } },
  { "run_program", { program = "ls" } },
}
local kinds = {}
for at, call in ipairs(calls) do
  local ok, problem = pcall(tools[call[1]], call[2])
  kinds[at] = ok and "allowed" or problem.kind
end
return kinds
