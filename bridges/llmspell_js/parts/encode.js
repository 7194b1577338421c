// Values on their way to the runtime, as strict JSON text.

const MAX_SIZE = 16 * 1024 * 1024;
const MAX_SAFE = 2 ** 53;
const HINT = "only JSON crosses: text, numbers, booleans, null, arrays and objects; bytes as blobs: blob.fromBase64";

const sent = pin(new $WeakMap()); // object that crosses inside arguments -> its JSON

// JSON text of a value, under the names that the border uses. `functions` allows script functions in it.
// Throws an error of kind `value` that names the place.
function encode(value, spec, functions, what) {
  const walk = {
    __proto__: null,
    what,
    functions,
    room: MAX_SIZE,
    depth: 0,
    keys: List(),
    above: List(),
    refused: null,
  };
  try {
    return encodeAny(walk, value, spec);
  } catch (error) {
    // The error is made here, where few of the prelude's frames are between it and the script's.
    throw error === walk.refused ? fault("value", error.message, HINT) : error;
  }
}

function refuse(walk, reason) {
  let place = walk.what;
  for (let i = 0; i < min(walk.depth, 20); i++) {
    const key = walk.keys[i];
    place += typeof key === "number" ? `[${key}]` : isWord(key) ? `.${key}` : `[${stringify(toWellFormed(key))}]`;
  }
  if (walk.depth > 20) place += "…";
  walk.refused = { __proto__: null, message: `${place} ${reason}` };
  throw walk.refused;
}

function isWord(key) {
  for (let i = 0; i < key.length; i++) {
    const c = key[i];
    if (!(
      (c >= "a" && c <= "z") ||
      (c >= "A" && c <= "Z") ||
      c === "_" ||
      c === "$" ||
      (c >= "0" && c <= "9" && i > 0)
    ))
      return false;
  }
  return key.length > 0;
}

function encodeAny(walk, value, spec) {
  takeRoom(walk, 8);
  switch (typeof value) {
    case "string":
      return encodeText(walk, value);
    case "number":
      return encodeNumber(walk, value);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : encodeObject(walk, value, spec);
    case "function":
      return walk.functions
        ? `{"$function":${parts.functions().functionNumber(value)}}`
        : refuse(walk, "is a function");
    case "bigint":
      return refuse(walk, "is a BigInt");
    default:
      return refuse(walk, "is a symbol");
  }
}

function takeRoom(walk, size) {
  walk.room -= size;
  if (walk.room < 0) refuse(walk, "is too large: at most 16 MiB can cross");
}

function encodeText(walk, value) {
  takeRoom(walk, value.length);
  if (!wellFormed(value)) refuse(walk, "is not valid Unicode (a lone surrogate)");
  return stringify(value);
}

// A whole number that an integer of the other side might not hold is written as a fraction is.
function encodeNumber(walk, value) {
  if (!isFinite(value)) refuse(walk, "is not a finite number");
  const text = `${value}`;
  if (value > MAX_SAFE || value < -MAX_SAFE)
    return isInteger(value) && value < 1e21 && value > -1e21 ? `${text}.0` : text;
  return text;
}

function encodeObject(walk, value, spec) {
  if (walk.functions && sent.has(value)) {
    const text = sent.get(value);
    takeRoom(walk, text.length);
    return text;
  }
  for (let i = 0; i < walk.depth; i++) if (walk.above[i] === value) refuse(walk, "contains itself");
  if (walk.depth === MAX_DEPTH) refuse(walk, "is nested too deeply: at most 200 levels can cross");
  walk.above[walk.depth] = value;
  if (isArray(value)) return encodeArray(walk, value, spec);
  const proto = getPrototypeOf(value);
  if (proto === ObjectPrototype || proto === null) return encodeFields(walk, value, spec);
  const name = parts.foreign().foreignName(value);
  if (name !== undefined) refuse(walk, `is ${name}`);
  if (typeof value.toJSON !== "function") return encodeFields(walk, value, spec);
  const plain = proto === $Date.prototype ? dateJson(walk, value) : value.toJSON();
  if (plain === value) return encodeFields(walk, value, spec);
  walk.keys[walk.depth++] = "toJSON()";
  const text = encodeAny(walk, plain, spec);
  walk.depth--;
  return text;
}

function dateJson(walk, value) {
  if (dateTime(value) !== dateTime(value)) refuse(walk, "is a date that is not valid");
  return isoDate(value);
}

function encodeArray(walk, value, spec) {
  const items = spec === null ? null : spec.items;
  const length = value.length;
  let text = "[";
  for (let i = 0; i < length; i++) {
    walk.keys[walk.depth++] = i;
    const item = value[i];
    if (item === undefined && !hasOwn(value, i)) refuse(walk, "is missing: the array has a hole there");
    text += (i > 0 ? "," : "") + encodeAny(walk, item, items);
    walk.depth--;
  }
  return text + "]";
}

function encodeFields(walk, value, spec) {
  const names = keys(value);
  const renamed = spec === null ? null : spec.in;
  let text = "";
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const item = value[name];
    if (item === undefined) continue;
    if (name === "$function" && walk.functions) refuse(walk, "has the key $function, which is how functions cross");
    walk.keys[walk.depth++] = name;
    const field = renamed === null ? undefined : renamed[name];
    text += (text === "" ? "" : ",") + encodeText(walk, field === undefined ? name : field.name) + ":";
    text += encodeAny(walk, item, field === undefined ? null : field.spec);
    walk.depth--;
  }
  return `{${text}}`;
}

return { encode, sent };
