// structuredClone (https://html.spec.whatwg.org/multipage/structured-data.html), for what exists here.

const { DataView, RegExp, Set } = natives;
const BOXED = { __proto__: null, "a Number object": true, "a String object": true, "a Boolean object": true };

function structuredClone(value) {
  return cloneAny(value, pin(new $Map()));
}

function refuseClone(value) {
  throw new $DOMException(`${show(value)} cannot be cloned`, "DataCloneError");
}

function cloneAny(value, seen) {
  if (typeof value === "function" || typeof value === "symbol") refuseClone(value);
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (isArray(value)) return cloneFields(value, [], seen);
  const name = parts.foreign().foreignName(value);
  if (name !== undefined) return cloneForeign(value, name, seen);
  if (isInstance($Date, value)) return new $Date(dateTime(value));
  return cloneFields(value, {}, seen);
}

function cloneFields(value, copy, seen) {
  seen.set(value, copy);
  if (isArray(value)) copy.length = value.length;
  const names = keys(value);
  for (let i = 0; i < names.length; i++) put(copy, names[i], cloneAny(value[names[i]], seen));
  return copy;
}

function cloneForeign(value, name, seen) {
  if (name === "a Map") return cloneMap(value, seen);
  if (name === "a Set") return cloneSet(value, seen);
  if (name === "an Error") return cloneError(value, seen);
  if (name === "an ArrayBuffer") return remember(seen, value, value.slice(0));
  if (name === "a typed array" || name === "a DataView") return cloneView(value, name, seen);
  if (name === "a regular expression") return remember(seen, value, new RegExp(value.source, value.flags));
  if (BOXED[name] === true) return remember(seen, value, natives.Object(value.valueOf()));
  return refuseClone(value);
}

function remember(seen, value, copy) {
  seen.set(value, copy);
  return copy;
}

function cloneMap(value, seen) {
  const copy = remember(seen, value, new $Map());
  mapEach(value, (item, key) => apply($Map.prototype.set, copy, [cloneAny(key, seen), cloneAny(item, seen)]));
  return copy;
}

function cloneSet(value, seen) {
  const copy = remember(seen, value, new Set());
  setEach(value, (item) => apply(Set.prototype.add, copy, [cloneAny(item, seen)]));
  return copy;
}

function cloneView(value, name, seen) {
  const buffer = cloneAny(value.buffer, seen);
  const Type = name === "a DataView" ? DataView : value.constructor;
  return remember(
    seen,
    value,
    new Type(buffer, value.byteOffset, name === "a DataView" ? value.byteLength : value.length),
  );
}

const { ERROR_TYPES } = natives;

function cloneError(value, seen) {
  const Type = ERROR_TYPES[value.name] ?? $Error;
  const copy = remember(seen, value, new Type(`${value.message}`));
  define(copy, "stack", value.stack);
  if (hasOwn(value, "cause")) define(copy, "cause", cloneAny(value.cause, seen));
  return copy;
}

return { structuredClone };
