// What errors are to scripts and to the border, and where they happened.

const KINDS = {
  __proto__: null,
  spell: true,
  type: true,
  value: true,
  not_found: true,
  permission: true,
  timeout: true,
  network: true,
  auth: true,
  rate_limit: true,
  context_length: true,
  content_filter: true,
  provider: true,
  tool: true,
  model: true,
  internal: true,
};

const UNDEFINED = " is not defined";
const MAX_REASONS = 4; // how deep, and how many of each

function fileAt(line) {
  for (let i = files.length - 1; i >= 0; i--) if (line > files[i].start && line <= files[i].end) return files[i];
  return undefined;
}

function framesOf(error) {
  const frames = List();
  const sites = engineStack(origins.get(error) ?? error);
  if (!isArray(sites)) return frames;
  let first = 0;
  while (first < sites.length && makesSuch(sites[first].getFunction(), error)) first++;
  for (let i = first; i < sites.length; i++) {
    const line = sites[i].getLineNumber();
    const file = typeof line === "number" ? fileAt(line) : undefined;
    if (file === undefined) continue;
    const name = sites[i].getFunctionName();
    frames[frames.length] = {
      __proto__: null,
      file: file.name,
      line: line - file.start,
      column: sites[i].getColumnNumber(),
      name: typeof name === "string" && name[0] !== "<" ? name : "",
    };
  }
  return frames;
}

// Whether a function is the class of the error, or one that it extends: an error did not happen in its constructor.
function makesSuch(fn, error) {
  if (typeof fn !== "function") return false;
  for (let proto = getPrototypeOf(error); proto !== null; proto = getPrototypeOf(proto)) {
    if (getOwnPropertyDescriptor(proto, "constructor")?.value === fn) return true;
  }
  return false;
}

function stackText(error) {
  const frames = framesOf(error);
  let text = "";
  for (let i = 0; i < frames.length; i++) {
    const { file, line, column, name } = frames[i];
    const place = `${file}:${line}:${column}`;
    text += (i > 0 ? "\n" : "") + (name === "" ? `    at ${place}` : `    at ${name} (${place})`);
  }
  return text;
}

const ERROR_FIELDS = ["kind", "hint", "retryable", "provider", "status", "data"];

class SpellError extends $Error {
  kind = "spell";
  hint = undefined;
  retryable = false;
  provider = undefined;
  status = undefined;
  data = undefined;

  constructor(message, fields) {
    super(message);
    if (typeof fields !== "object" || fields === null) return;
    for (let i = 0; i < ERROR_FIELDS.length; i++) {
      const value = fields[ERROR_FIELDS[i]];
      if (value !== undefined && value !== null) this[ERROR_FIELDS[i]] = value;
    }
  }
  get name() {
    return "SpellError";
  }
  get file() {
    return placeOf(this).file;
  }
  get line() {
    return placeOf(this).line;
  }
  get column() {
    return placeOf(this).column;
  }
}

const borderData = pin(new $WeakMap()); // an error that came over the border -> its fields there

function placeOf(error) {
  const data = borderData.get(error);
  if (data !== undefined && typeof data.file === "string" && typeof data.line === "number") return data;
  return framesOf(error)[0] ?? Bare();
}

// An error that the runtime sent, made to point at the call that it answers.
function fromBorder(data, call) {
  setPrototypeOf(data, null);
  const error = new SpellError(data.message, data);
  borderData.set(error, data);
  if (call !== undefined) origins.set(error, call);
  return error;
}

function makeFault(kind, message, hint) {
  return new SpellError(message, { __proto__: null, kind, hint });
}

// Any thrown value as the object that crosses the border, in JSON. Reading it may run script code, which may throw.
function describeError(thrown) {
  try {
    const data = typeof thrown === "object" && thrown !== null ? describeObject(thrown) : describeValue(thrown);
    data.file ??= facts[1]; // without a line: nobody knows where a value was thrown that is no error
    return encode(data, null, false, "the error");
  } catch (problem) {
    if (problem === null) outOfMemory = true; // the engine's, where there was no room for more
    return '{"kind":"spell","message":"an error that cannot be shown was thrown"}';
  }
}

function describeValue(thrown) {
  if (typeof thrown === "string") return { __proto__: null, kind: "spell", message: toWellFormed(thrown) };
  return { __proto__: null, kind: "spell", message: show(thrown), data: crossable(thrown) };
}

function describeObject(thrown) {
  const known = typeof thrown.kind === "string" && KINDS[thrown.kind] === true && typeof thrown.message === "string";
  const isError = isInstance($Error, thrown);
  if (!known && !isError) return describeValue(thrown);
  const data = Bare();
  data.kind = known ? thrown.kind : "spell";
  const message = typeof thrown.message === "string" ? thrown.message : "";
  const name = isError && !known && typeof thrown.name === "string" && thrown.name !== "Error" ? thrown.name : "";
  const text = name === "" ? message || "Error" : message === "" ? name : `${name}: ${message}`;
  data.message = toWellFormed(isError ? text + reasonsOf(thrown, 0) : text);
  if (known) copyFields(data, thrown);
  else if (name === "ReferenceError") adviseOf(data, message);
  addPlace(data, thrown);
  return data;
}

// The global that a name which is not defined comes near to.
function adviseOf(data, message) {
  const near = nearest(sliceText(message, 0, -UNDEFINED.length), getOwnPropertyNames(globals));
  if (near !== undefined) data.hint = `did you mean ${near}?`;
}

// What an error says of the errors behind it: its cause, or those that an AggregateError holds.
function reasonsOf(error, depth) {
  if (depth === MAX_REASONS || !isInstance($Error, error)) return "";
  const { cause, errors } = error;
  let text = "";
  for (let i = 0; isArray(errors) && i < min(errors.length, MAX_REASONS); i++)
    text += `${i > 0 ? "; " : ""}${show(errors[i])}${reasonsOf(errors[i], depth + 1)}`;
  if (text === "" && cause !== undefined && cause !== null) text = show(cause) + reasonsOf(cause, depth + 1);
  return text === "" ? "" : ` (because of ${text})`;
}

function copyFields(data, thrown) {
  if (typeof thrown.hint === "string") data.hint = toWellFormed(thrown.hint);
  if (typeof thrown.provider === "string") data.provider = toWellFormed(thrown.provider);
  if (isInteger(thrown.status)) data.status = thrown.status;
  if (thrown.retryable === true) data.retryable = true;
  if (thrown.data !== undefined) data.data = crossable(thrown.data);
}

function addPlace(data, thrown) {
  const origin = borderData.get(thrown);
  const frames = framesOf(thrown);
  const place = placeOf(thrown);
  if (place.file !== undefined) data.file = place.file;
  if (place.line !== undefined) data.line = place.line;
  if (place.column !== undefined) data.column = place.column;
  if (origin !== undefined && isArray(origin.stack)) {
    data.stack = origin.stack;
  } else if (frames.length > 0) {
    data.stack = List();
    for (let i = 0; i < frames.length; i++) {
      const { file, line, name } = frames[i];
      data.stack[i] = name === "" ? `${file}:${line}` : `${file}:${line}: in function ${name}`;
    }
  }
}

// A value for `data`: itself where it can cross, and otherwise nothing.
function crossable(value) {
  try {
    return parse(encode(value, null, false, "the value"));
  } catch {
    return undefined;
  }
}

function nearest(name, names) {
  let best;
  let bestDistance = 1 + min(3, floor(name.length / 2));
  for (let i = 0; i < names.length; i++) {
    const distance = editDistance(name, names[i]);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = names[i];
    }
  }
  return best;
}

function editDistance(a, b) {
  const row = List();
  for (let j = 0; j <= b.length; j++) row[j] = j;
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j];
      row[j] = min(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1));
      diagonal = above;
    }
  }
  return row[b.length];
}

return { SpellError, borderData, describeError, addPlace, fault: makeFault, fromBorder, nearest, placeOf, stackText };
