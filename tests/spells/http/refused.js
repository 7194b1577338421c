const found = [];
for (const [url, options] of [
  ["http://127.0.0.1:80/"],
  ["http://169.254.169.254/latest/meta-data"],
  ["http://2130706433/"],
  ["http://me:secret@api.test/"],
  ["file:///etc/passwd"],
  ["http://api.test/", { headers: { Host: "inner" } }],
  ["http://api.test/", { headers: { "X-A": "1\r\nHost: inner" } }],
  ["http://api.test/", { method: "CONNECT" }],
  ["http://api.test/", { method: "POST" }],
  ["http://api.test/", { json: 1, body: "x" }],
  ["http://api.test/", { maxSize: 0 }],
  ["http://api.test/", { hedaers: {} }],
  ["http://api.test/", { query: { a: { b: 1 } } }],
  ["http://api.test/", { body: { blob: "forged", mime: "a/b", size: 1 } }],
])
  await http.get(url, options).catch((error) => found.push(`${error.kind} ${error.message}`));
export default found;
