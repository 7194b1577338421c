const url = "http://api.test/";
const text = await http.get(url);
const latin = await http.get(url);
const problem = await http.get(url);
const broken = await http.get(url);
const binary = await http.get(url);
const asked = await http.get(url, { expect: "blob" });
const err = await http.get(url, { expect: "json" }).catch((error) => error);
await http.post(url, { body: binary.blob });
export default [
  text.text, text.json === undefined, text.blob === undefined, latin.text,
  problem.status, problem.ok, problem.json.title, broken.text, broken.json === undefined,
  binary.text === undefined, binary.blob.mime, binary.blob.size, asked.blob.mime, asked.blob.size,
  err.kind, err.message,
];
