function nested(levels) {
  let value = {};
  for (let level = 2; level <= levels; level++) value = { inner: value };
  return value;
}
const kept = json.encode(nested(200)).length > 0;
let kind;
try {
  json.encode(nested(201));
} catch (error) {
  kind = error.kind;
}
export default { kept, kind };
