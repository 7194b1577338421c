const followed = await http.get("http://api.test/a", { headers: { Authorization: "s", Accept: "x/y" } });
const manual = await http.get("http://api.test/d", { redirect: "manual" });
const refused = await http.get("http://api.test/e").catch((error) => error);
export default [followed.url, followed.redirected, followed.text, manual.status, manual.headers.location, refused.kind];
