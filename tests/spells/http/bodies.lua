local url = "http://api.test/"
local text, latin, problem, broken, binary, asked =
  http.get(url), http.get(url), http.get(url), http.get(url), http.get(url), http.get(url, { expect = "blob" })
local _, err = pcall(http.get, url, { expect = "json" })
http.post(url, { body = binary.blob })
return {
  text.text, text.json == nil, text.blob == nil, latin.text,
  problem.status, problem.ok, problem.json.title, broken.text, broken.json == nil,
  binary.text == nil, binary.blob.mime, binary.blob.size, asked.blob.mime, asked.blob.size,
  err.kind, err.message,
}
