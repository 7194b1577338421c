// Errors: where they happened, the class that scripts see, and how one leaves the interpreter.

const KINDS = Bare();
for (const kind of [
  "spell", "type", "value", "not_found", "permission", "timeout", "network", "auth", "rate_limit", "context_length",
  "content_filter", "provider", "tool", "model", "internal",
]) KINDS[kind] = true;

// The engine names every source `<input>`; each file gets lines of its own instead. Lines before the first file
// are the prelude's, and code that a script builds with `eval`: neither is shown.
const files = List();
const origins = pin(new $WeakMap()); // an error that came over the border -> the error made at its call
let outOfMemory = false;
let lastFault; // the engine's latest complaint: where it was interrupted

const InternalErrorPrototype = InternalError.prototype;
const engineStack = unbound(getOwnPropertyDescriptor($Error.prototype, "stack").get);
const setEngineStack = getOwnPropertyDescriptor($Error.prototype, "stack").set;

function addFile(name, start, lines) {
  files[files.length] = { __proto__: null, name: parse(name), start, end: start + lines };
}

// Runs whenever the engine makes an error: the one place that sees "out of memory" before a script can catch it.
function onEngineError(error, sites) {
  const proto = getPrototypeOf(error);
  if (proto === InternalErrorPrototype) {
    const message = getOwnPropertyDescriptor(error, "message");
    if (message !== undefined && message.value === "out of memory") outOfMemory = true;
    lastFault = error;
  }
  return sites;
}
$Error.prepareStackTrace = onEngineError;
defineProperty($Error, "prepareStackTrace", { __proto__: null, value: undefined, writable: false, configurable: false });

function fileAt(line) {
  for (let i = files.length - 1; i >= 0; i--) if (line > files[i].start && line <= files[i].end) return files[i];
  return undefined;
}

function framesOf(error) {
  const frames = List();
  const sites = engineStack(origins.get(error) ?? error);
  if (!isArray(sites)) return frames;
  for (let i = 0; i < sites.length; i++) {
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

defineProperty($Error.prototype, "stack", {
  __proto__: null,
  get() {
    return typeof this === "object" && this !== null ? stackText(this) : undefined;
  },
  set: setEngineStack,
  configurable: true,
});
define($Error, "captureStackTrace", (target) => {
  define(target, "stack", stackText(new $Error()));
});

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

// The fields of an error as they came over the border; they leave it again unless the script changed them.
const borderData = pin(new $WeakMap());

function placeOf(error) {
  const data = borderData.get(error);
  if (data !== undefined && typeof data.file === "string") return data;
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

function fault(kind, message, hint) {
  return new SpellError(message, { __proto__: null, kind, hint });
}

// Any thrown value as the object that crosses the border, in JSON. Reading it may run script code, which may throw.
function describeError(thrown) {
  try {
    const data = (typeof thrown === "object" && thrown !== null) ? describeObject(thrown) : describeValue(thrown);
    return encode(data, null, false, "the error");
  } catch {
    return '{"kind":"spell","message":"an error that cannot be shown was thrown"}';
  }
}

function describeValue(thrown) {
  if (typeof thrown === "string") return { __proto__: null, kind: "spell", message: toWellFormed(thrown) };
  return { __proto__: null, kind: "spell", message: `thrown: ${show(thrown)}`, data: crossable(thrown) };
}

function describeObject(thrown) {
  const known = typeof thrown.kind === "string" && KINDS[thrown.kind] === true && typeof thrown.message === "string";
  const isError = thrown instanceof $Error;
  if (!known && !isError) return describeValue(thrown);
  const data = Bare();
  data.kind = known ? thrown.kind : "spell";
  const message = typeof thrown.message === "string" ? thrown.message : "";
  const name = isError && !known && typeof thrown.name === "string" && thrown.name !== "Error" ? thrown.name : "";
  data.message = toWellFormed(name === "" ? message || "Error" : message === "" ? name : `${name}: ${message}`);
  if (known) copyFields(data, thrown);
  addPlace(data, thrown);
  return data;
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
