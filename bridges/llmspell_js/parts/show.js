// What `print` shows: text as it is, and anything else close to JSON. It never fails.

function showObjects(value) {
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
  return name !== undefined && typeof name.value === "string" && name.value !== ""
    ? `[function ${name.value}]`
    : "[function]";
}

function showObject(value, above, depth) {
  for (let i = 0; i < depth; i++) if (above[i] === value) return "[cycle]";
  if (depth > MAX_DEPTH) return "[…]";
  above[depth] = value;
  if (isArray(value)) return showItems(value, above, depth + 1);
  const name = parts.foreign().foreignName(value);
  if (name === undefined) return showFields(value, above, depth + 1);
  if (name === "an Error") return showError(value);
  if (name === "a Map" || name === "a Set") return showCollection(value, name === "a Map", above, depth + 1);
  if (name === "a typed array") return showItems(value, above, depth + 1);
  if (name === "a regular expression") return `${value}`;
  if (bridgeObjects.has(value)) return `[${bridgeObjects.get(value)}]`;
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

return { show: showObjects };
