// The globals that every spell has besides the bridge objects. Time and randomness come from the runtime.

let time = 0;
let startTime = 0;

let seed = 0;

// `Date` shows the time of the slice. The engine's own stays out of reach: even `Date.prototype.constructor` is this.
function makeDate() {
  const now = () => floor(time * 1000);
  const SpellDate = function Date(...args) {
    if (new.target === undefined) return new SpellDate().toString();
    if (args.length === 0) args = [now()];
    return construct($Date, args, new.target);
  };
  define(SpellDate, "length", 7);
  defineProperty(SpellDate, "prototype", { __proto__: null, value: $Date.prototype, writable: false });
  define(SpellDate, "UTC", $Date.UTC);
  define(SpellDate, "parse", $Date.parse);
  define(SpellDate, "now", now);
  define($Date.prototype, "constructor", SpellDate);
  return SpellDate;
}

function line(values) {
  let text = "";
  for (let i = 0; i < values.length; i++) text += (i > 0 ? " " : "") + show(values[i]);
  return text;
}

function print(...values) {
  emit("stdout", `${line(values)}\n`);
}

function write(...values) {
  let text = "";
  for (let i = 0; i < values.length; i++) text += show(values[i]);
  emit("stdout", text);
}

function makeLog() {
  const log = (...values) => emit("info", line(values));
  define(log, "debug", (...values) => emit("debug", line(values)));
  define(log, "info", (...values) => emit("info", line(values)));
  define(log, "warn", (...values) => emit("warn", line(values)));
  define(log, "error", (...values) => emit("error", line(values)));
  return log;
}

// A global whose value is made when a script first looks at it.
function publishLazily(name, make) {
  const get = () => {
    const value = make();
    publish(name, value);
    return value;
  };
  defineProperty(globalThis, name, {
    __proto__: null,
    get,
    set: (value) => publish(name, value),
    configurable: true,
    enumerable: false,
  });
}

const LAZY = {
  __proto__: null,
  tasks: ["parallel", "race", "timeout", "retry", "map"],
  console: ["console", "json"],
  timers: ["setTimeout", "setInterval", "clearTimeout", "clearInterval", "queueMicrotask"],
  random: ["uuid"],
  errors: ["SpellError"],
  clone: ["structuredClone"],
  text: ["TextEncoder", "TextDecoder"],
  abort: ["AbortController", "AbortSignal", "Event", "EventTarget"],
  url: ["URL", "URLSearchParams"],
  fetch: ["fetch", "Headers"],
};

function publishGlobals() {
  for (const part of keys(LAZY)) for (const name of LAZY[part]) publishLazily(name, () => parts[part]()[name]);
  publish("print", print);
  publish("write", write);
  publish("log", makeLog());
  publish("now", () => time);
  publish("array", (...items) => items);
  publish("Date", makeDate());
  publish("performance", freeze({ now: () => (time - startTime) * 1000, timeOrigin: floor(startTime * 1000) }));
  define(Math, "random", () => parts.random().random());
  delete globalThis.SharedArrayBuffer;
  delete globalThis.Atomics;
}

// The bridge objects, each from its description in JSON.
function publishProxies(described) {
  const { functions, modules, classes } = described;
  for (const name of keys(functions)) {
    publishLazily(camel(name), () => parts.proxies().makeFunction(parse(functions[name]), ""));
  }
  for (const name of keys(modules)) {
    const own = name === "spell" ? facts : [];
    publishLazily(camel(name), () => parts.proxies().makeModule(name, parse(modules[name]), own));
  }
  for (const name of keys(classes)) {
    publishLazily(camel(name), () => parts.proxies().makeClass(name, parse(classes[name])));
  }
  publishLazily("tools", () => parts.proxies().makeTools());
}
