// Errors: what has to be in place before the first one is made. The rest is in parts/errors.js.

// The engine names every source `<input>`; each file gets lines of its own instead. Lines before the first file
// are the prelude's, and code that a script builds with `eval`: neither is shown.
const files = List();
const origins = pin(new $WeakMap()); // an error that came over the border -> the error made at its call
let outOfMemory = false;
let lastFault; // the engine's latest complaint: where it was interrupted

const $InternalError = InternalError;
const engineStack = unbound(getOwnPropertyDescriptor($Error.prototype, "stack").get);

function addFile(name, start, lines) {
  files[files.length] = { __proto__: null, name: parse(name), start, end: start + lines };
}

// Runs whenever something is thrown: the one place that sees "out of memory" before a script can catch it. The engine
// loses a time limit that it notices in here, and looks again some thousand steps later. So this takes a different
// number of steps each time, odd or even (a `for` would take two each), lest a loop that throws is always in here when
// the engine looks. It calls nothing, since what it calls would be looked at too.
let jitter = 1;

function onEngineError(error, sites) {
  jitter = (jitter * 1664525 + 1013904223) | 0;
  let steps = jitter >>> 30;
  do steps--;
  while (steps > 0);
  if (typeof error === "object" && error !== null && error.constructor === $InternalError) {
    // No message: there was no room for it.
    if (error.message === "out of memory" || error.message === "") outOfMemory = true;
    lastFault = error;
  }
  return sites;
}
defineProperty($InternalError.prototype, "constructor", { __proto__: null, writable: false, configurable: false });
$Error.prepareStackTrace = onEngineError;
$Error.stackTraceLimit = 30; // the prelude's own frames count too
defineProperty($Error, "prepareStackTrace", {
  __proto__: null,
  value: undefined,
  writable: false,
  configurable: false,
});

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
