const found = [];
for (const answer of [
  await http.post("https://api.test/1", { json: { a: [1, true], b: "ä" } }),
  await http.put("https://api.test/2", { body: "plain" }),
  await http.patch("https://api.test/3", { form: { a: "1 2", b: ["x", "y"] } }),
  await http.delete("https://api.test/4"),
  await http.head("https://api.test/5"),
  await http.fetch("https://api.test/6", { method: "report", body: "<a/>", headers: { "content-type": "text/xml" } }),
  await http.fetch("https://api.test/7", { json: false }),
  await http.fetch("https://api.test/8"),
])
  found.push(answer.text);
export default found;
