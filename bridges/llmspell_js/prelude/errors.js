// Errors: what has to be in place before the first one is made. The rest is in parts/errors.js.

// The engine names every source `<input>`; each file gets lines of its own instead. Lines before the first file
// are the prelude's, and code that a script builds with `eval`: neither is shown.
const files = List();
const origins = pin(new $WeakMap()); // an error that came over the border -> the error made at its call
let outOfMemory = false;
let lastFault; // the engine's latest complaint: where it was interrupted

const InternalErrorPrototype = InternalError.prototype;
const engineStack = unbound(getOwnPropertyDescriptor($Error.prototype, "stack").get);

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
$Error.stackTraceLimit = 30; // the prelude's own frames count too
defineProperty($Error, "prepareStackTrace", { __proto__: null, value: undefined, writable: false, configurable: false });

defineProperty($Error.prototype, "stack", {
  __proto__: null,
  get() {
    return typeof this === "object" && this !== null ? parts.errors().stackText(this) : undefined;
  },
  set: getOwnPropertyDescriptor($Error.prototype, "stack").set,
  configurable: true,
});
define($Error, "captureStackTrace", (target) => {
  define(target, "stack", parts.errors().stackText(new $Error()));
});
