// Values: script to JSON text (strict), script to something to read (never fails), and the renaming of declared fields.

const MAX_DEPTH = 200;
const MAX_SIZE = 16 * 1024 * 1024;
const MAX_SAFE = 2 ** 53;

// What is no JSON although it is an object, by prototype: anything else is written as its own fields.
const foreign = pin(new $Map());
for (const [type, name] of [
  [$Map, "a Map"], [Set, "a Set"], [$WeakMap, "a WeakMap"], [WeakSet, "a WeakSet"], [WeakRef, "a WeakRef"],
  [$Promise, "a promise (await it first)"], [ArrayBuffer, "an ArrayBuffer"], [DataView, "a DataView"],
  [getPrototypeOf(Uint8Array), "a typed array"], [RegExp, "a regular expression"], [$Error, "an Error"],
  [Number, "a Number object"], [$String, "a String object"], [Boolean, "a Boolean object"], [Symbol, "a symbol"],
  [BigInt, "a BigInt object"], [Function, "a function"],
]) foreign.set(type.prototype, name);

function foreignName(value) {
  let proto = getPrototypeOf(value);
  for (let steps = 0; proto !== null && steps < 100; steps++) {
    const name = foreign.get(proto);
    if (name !== undefined) return name;
    proto = getPrototypeOf(proto);
  }
  return undefined;
}

// JSON text of a value, under the names that the border uses. `functions` allows script functions in it.
// Throws an error of kind `value` that names the place.
function encode(value, spec, functions, what) {
  const walk = { __proto__: null, what, functions, room: MAX_SIZE, depth: 0, keys: List(), above: List() };
  return encodeAny(walk, value, spec);
}

function refuse(walk, reason) {
  let place = walk.what;
  for (let i = 0; i < min(walk.depth, 20); i++) {
    const key = walk.keys[i];
    place += typeof key === "number" ? `[${key}]` : isWord(key) ? `.${key}` : `[${stringify(toWellFormed(key))}]`;
  }
  if (walk.depth > 20) place += "…";
  throw fault("value", `${place} ${reason}`, "only JSON crosses: text, numbers, booleans, null, arrays and objects");
}

function isWord(key) {
  for (let i = 0; i < key.length; i++) {
    const c = key[i];
    if (!((c >= "a" && c <= "z") || (c >= "A" && c <= "Z") || c === "_" || c === "$" || (c >= "0" && c <= "9" && i > 0))) return false;
  }
  return key.length > 0;
}

function encodeAny(walk, value, spec) {
  walk.room -= 8;
  if (walk.room < 0) refuse(walk, "is too large: at most 16 MiB can cross");
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
      return walk.functions ? `{"$function":${functionNumber(value)}}` : refuse(walk, "is a function");
    case "bigint":
      return refuse(walk, "is a BigInt");
    default:
      return refuse(walk, "is a symbol");
  }
}

function encodeText(walk, value) {
  walk.room -= value.length;
  if (!wellFormed(value)) refuse(walk, "is not valid Unicode (a lone surrogate)");
  return stringify(value);
}

// A whole number that an integer of the other side might not hold is written as a fraction is.
function encodeNumber(walk, value) {
  if (!isFinite(value)) refuse(walk, "is not a finite number");
  const text = `${value}`;
  if (value > MAX_SAFE || value < -MAX_SAFE) return isInteger(value) && value < 1e21 && value > -1e21 ? `${text}.0` : text;
  return text;
}

function encodeObject(walk, value, spec) {
  for (let i = 0; i < walk.depth; i++) if (walk.above[i] === value) refuse(walk, "contains itself");
  if (walk.depth === MAX_DEPTH) refuse(walk, "is nested too deeply: at most 200 levels can cross");
  walk.above[walk.depth] = value;
  if (isArray(value)) return encodeArray(walk, value, spec);
  const proto = getPrototypeOf(value);
  if (proto === ObjectPrototype || proto === null) return encodeFields(walk, value, spec);
  const name = foreignName(value);
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
    walk.keys[walk.depth++] = name;
    const field = renamed === null ? undefined : renamed[name];
    text += (text === "" ? "" : ",") + encodeText(walk, field === undefined ? name : field.name) + ":";
    text += encodeAny(walk, item, field === undefined ? null : field.spec);
    walk.depth--;
  }
  return `{${text}}`;
}

// What a description says of a value's fields, made ready: `in` from script names, `out` to them.
function prepareSpec(spec) {
  if (spec === null || spec === undefined) return null;
  const prepared = { __proto__: null, items: null, in: null, out: null };
  if (spec.items !== undefined) prepared.items = prepareSpec(spec.items);
  if (spec.fields === undefined) return prepared;
  prepared.in = Bare();
  prepared.out = Bare();
  const names = keys(spec.fields);
  for (let i = 0; i < names.length; i++) {
    const inner = prepareSpec(spec.fields[names[i]]);
    const name = camel(names[i]);
    prepared.in[name] = { __proto__: null, name: names[i], spec: inner };
    prepared.out[names[i]] = { __proto__: null, name, spec: inner };
  }
  return prepared;
}

// A value from the border, with its declared fields under their script names.
function shape(value, spec) {
  if (spec === null || typeof value !== "object" || value === null) return value;
  if (isArray(value)) {
    if (spec.items !== null) for (let i = 0; i < value.length; i++) value[i] = shape(value[i], spec.items);
    return value;
  }
  if (spec.out === null) return value;
  const names = keys(value);
  const shaped = Bare();
  for (let i = 0; i < names.length; i++) {
    const field = spec.out[names[i]];
    if (field === undefined) shaped[names[i]] = value[names[i]];
    else shaped[field.name] = field.spec === null ? value[names[i]] : shape(value[names[i]], field.spec);
  }
  return setPrototypeOf(shaped, ObjectPrototype);
}

// What `print` shows: text as it is, and anything else close to JSON.
function show(value) {
  if (typeof value === "string") return value;
  try {
    return showAny(value, List(), 0);
  } catch {
    return "[a value that cannot be shown]";
  }
}

function showAny(value, above, depth) {
  switch (typeof value) {
    case "string":
      return stringify(value);
    case "symbol":
      return symbolText(value);
    case "function":
      return showFunction(value);
    case "object":
      return value === null ? "null" : showObject(value, above, depth);
    default:
      return `${value}`;
  }
}

function showFunction(value) {
  const name = getOwnPropertyDescriptor(value, "name");
  return name !== undefined && typeof name.value === "string" && name.value !== "" ? `[function ${name.value}]` : "[function]";
}

function showObject(value, above, depth) {
  for (let i = 0; i < depth; i++) if (above[i] === value) return "[cycle]";
  if (depth > MAX_DEPTH) return "[…]";
  above[depth] = value;
  if (isArray(value)) return showItems(value, above, depth + 1);
  const name = foreignName(value);
  if (name === undefined) return showFields(value, above, depth + 1);
  if (name === "an Error") return showError(value);
  if (name === "a Map" || name === "a Set") return showCollection(value, name === "a Map", above, depth + 1);
  if (name === "a typed array") return showItems(value, above, depth + 1);
  if (name === "a regular expression") return `${value}`;
  return name === "a promise (await it first)" ? "[promise]" : `[${sliceText(name, name[1] === "n" ? 3 : 2)}]`;
}

function showError(error) {
  const name = typeof error.name === "string" ? error.name : "Error";
  const message = typeof error.message === "string" ? error.message : "";
  return message === "" ? name : `${name}: ${message}`;
}

function showItems(value, above, depth) {
  let text = "[";
  for (let i = 0; i < value.length; i++) {
    text += (i > 0 ? "," : "") + (value[i] === undefined ? "null" : showAny(value[i], above, depth));
  }
  return text + "]";
}

function showFields(value, above, depth) {
  if (typeof value.toJSON === "function" && getPrototypeOf(value) !== ObjectPrototype) {
    const plain = value.toJSON();
    if (plain !== value) return showAny(plain, above, depth);
  }
  const names = keys(value);
  let text = "";
  for (let i = 0; i < names.length; i++) {
    const item = value[names[i]];
    if (item === undefined) continue;
    text += (text === "" ? "" : ",") + stringify(names[i]) + ":" + showAny(item, above, depth);
  }
  return `{${text}}`;
}

function showCollection(value, isMap, above, depth) {
  let text = "";
  let size = 0;
  const add = (item, key) => {
    size++;
    text += (text === "" ? "" : ",") + (isMap ? `${showAny(key, above, depth)} => ` : "") + showAny(item, above, depth);
  };
  if (isMap) mapEach(value, add);
  else setEach(value, add);
  return `${isMap ? "Map" : "Set"}(${size}) {${text}}`;
}
