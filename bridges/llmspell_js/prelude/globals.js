// The globals that every spell has besides the bridge objects. Time and randomness come from the runtime.

let time = 0;
let startTime = 0;

// xoshiro128** (Blackman and Vigna, https://prng.di.unimi.it), its state filled by splitmix32 from the seed.
const state = List();

function seedRandom(seed) {
  let word = (seed ^ floor(seed / 2 ** 32)) | 0;
  for (let i = 0; i < 4; i++) {
    word = (word + 0x9e3779b9) | 0;
    let mixed = imul(word ^ (word >>> 16), 0x21f0aaad);
    mixed = imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    state[i] = mixed ^ (mixed >>> 15);
  }
}

function random32() {
  const turned = imul(state[1], 5);
  const result = imul((turned << 7) | (turned >>> 25), 9);
  const shifted = state[1] << 9;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = (state[3] << 11) | (state[3] >>> 21);
  return result >>> 0;
}

function random() {
  return ((random32() >>> 5) * 2 ** 26 + (random32() >>> 6)) / 2 ** 53;
}

const HEX = "0123456789abcdef";

function uuid() {
  let text = "";
  for (let i = 0; i < 32; i++) {
    const digit = i === 12 ? 4 : i === 16 ? 8 + (random32() >>> 30) : random32() >>> 28;
    text += (i === 8 || i === 12 || i === 16 || i === 20 ? "-" : "") + HEX[digit];
  }
  return text;
}

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

function makeConsole() {
  const counts = Bare();
  const timers = Bare();
  const elapsed = (label) => `${label}: ${floor((time - (timers[label] ?? time)) * 1000)} ms`;
  return {
    log: print,
    debug: (...values) => emit("debug", line(values)),
    info: (...values) => emit("info", line(values)),
    warn: (...values) => emit("warn", line(values)),
    error: (...values) => emit("error", line(values)),
    trace: (...values) => emit("debug", `${line(values)}\n${stackText(new $Error())}`),
    dir: (value) => print(value),
    table: (rows) => {
      if (typeof rows !== "object" || rows === null) return print(rows);
      const names = keys(rows);
      for (let i = 0; i < names.length; i++) print(names[i], rows[names[i]]);
    },
    assert: (holds, ...values) => {
      if (!holds) emit("error", values.length > 0 ? `Assertion failed: ${line(values)}` : "Assertion failed");
    },
    count: (label = "default") => print(`${label}: ${(counts[label] = (counts[label] ?? 0) + 1)}`),
    countReset: (label = "default") => {
      counts[label] = 0;
    },
    time: (label = "default") => {
      timers[label] = time;
    },
    timeLog: (label = "default") => print(elapsed(label)),
    timeEnd: (label = "default") => {
      print(elapsed(label));
      timers[label] = undefined;
    },
    group: print,
    groupEnd: NEVER,
  };
}

const json = freeze({
  encode(value, options) {
    const indent = options?.indent;
    const text = encode(value, null, false, "the value");
    return indent === undefined || indent === 0 || indent === false ? text : stringify(parse(text), null, indent === true ? 2 : indent);
  },
  decode(text) {
    if (typeof text !== "string") throw fault("type", `json.decode takes text, not ${show(text)}`);
    try {
      return parse(text);
    } catch (error) {
      throw fault("value", `not JSON: ${error.message}`);
    }
  },
});

// A callback of the script that nobody waits for: what it throws ends the run.
function callBack(fn, args) {
  try {
    apply(fn, undefined, args);
  } catch (error) {
    fail(error);
  }
}

function needFunction(fn, what) {
  if (typeof fn !== "function") throw new $TypeError(`${what} takes a function, not ${show(fn)}`);
}

function seconds(milliseconds) {
  const number = +milliseconds;
  return number > 0 ? number / 1000 : 0;
}

const intervals = pin(new $Map()); // the first call of an interval -> the one under way

function setTimeout(fn, milliseconds, ...args) {
  needFunction(fn, "setTimeout");
  return startTimer(seconds(milliseconds), fail, () => callBack(fn, args));
}

function setInterval(fn, milliseconds, ...args) {
  needFunction(fn, "setInterval");
  const tick = () => {
    intervals.set(first, startTimer(seconds(milliseconds), fail, tick));
    callBack(fn, args);
  };
  const first = startTimer(seconds(milliseconds), fail, tick);
  intervals.set(first, first);
  return first;
}

function clearTimer(timer) {
  drop(intervals.get(timer) ?? timer);
  intervals.delete(timer);
}

function publishGlobals() {
  const values = {
    __proto__: null,
    print, write, log: makeLog(), json, console: makeConsole(), now: () => time, uuid, SpellError, Date: makeDate(),
    array: (...items) => items, parallel, race, timeout, retry, map, setTimeout, setInterval, clearTimeout: clearTimer,
    clearInterval: clearTimer, performance: freeze({ now: () => (time - startTime) * 1000, get timeOrigin() { return startTime * 1000; } }),
    queueMicrotask: (fn) => {
      needFunction(fn, "queueMicrotask");
      enqueue(() => callBack(fn, []));
    },
  };
  for (const name of keys(values)) publish(name, values[name]);
  define(Math, "random", random);
  delete globalThis.SharedArrayBuffer;
  delete globalThis.Atomics;
}

// The larger web APIs are compiled when a script first uses one of them.
const WEB = ["structuredClone", "URL", "URLSearchParams", "TextEncoder", "TextDecoder", "AbortController", "AbortSignal", "Event", "EventTarget"];

function publishWeb(source) {
  let loaded;
  for (const name of WEB) {
    const get = () => {
      loaded ??= (0, $eval)(source)({ __proto__: null, signals, later, startTimer, seconds, fail, getCurrent: () => current });
      return loaded[name];
    };
    const set = (value) => publish(name, value);
    defineProperty(globalThis, name, { __proto__: null, get, set, configurable: true, enumerable: false });
  }
}
