const err = await http.get("http://api.test/", { maxSize: 3 }).catch((error) => error);
export default [err.kind, err.message];
