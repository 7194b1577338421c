// What the prelude uses of the language, taken before any script can change it. No prelude file calls a method
// of an object that a script can reach through a prototype: it uses these names, objects without a prototype
// (`Bare`, `List`) and maps with methods of their own (`pin`).
const MAX_DEPTH = 200;
const Bare = () => ({ __proto__: null });
const { apply, construct } = Reflect;
const {
  defineProperty,
  freeze,
  getOwnPropertyDescriptor,
  getOwnPropertyNames,
  getPrototypeOf,
  hasOwn,
  keys,
  setPrototypeOf,
} = Object;
const { isArray } = Array;
const { isFinite, isInteger, NaN } = Number;
const { floor, imul, min, trunc } = Math;
const { parse, stringify } = JSON;
const $Array = Array;
const $Date = Date;
const $DOMException = DOMException;
const $Error = Error;
const toNumber = Number;
const $Map = Map;
const $Promise = Promise;
const $Proxy = Proxy;
const $RangeError = RangeError;
const $String = String;
const $TypeError = TypeError;
const $WeakMap = WeakMap;
const arrayFrom = Array.from;
const enqueue = queueMicrotask;
const globals = globalThis;
const isView = ArrayBuffer.isView;
const ObjectPrototype = Object.prototype;
const { asyncIterator, iterator, toStringTag } = Symbol;
const natives = {
  __proto__: null,
  ArrayBuffer,
  BigInt,
  Boolean,
  DataView,
  Function,
  Number,
  Object,
  RegExp,
  Set,
  Symbol,
  Uint8Array,
  WeakRef,
  WeakSet,
  TypedArray: getPrototypeOf(Uint8Array),
  ERROR_TYPES: { __proto__: null, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError },
};

const unbound = (fn) => Function.prototype.call.bind(fn);
const isInstance = unbound(Function.prototype[Symbol.hasInstance]);
const wellFormed = unbound($String.prototype.isWellFormed);
const toWellFormed = unbound($String.prototype.toWellFormed);
const upper = unbound($String.prototype.toUpperCase);
const lower = unbound($String.prototype.toLowerCase);
const codePointAt = unbound($String.prototype.codePointAt);
const fromCodePoint = $String.fromCodePoint;
const sliceText = unbound($String.prototype.slice);
const isoDate = unbound($Date.prototype.toISOString);
const dateTime = unbound($Date.prototype.getTime);
const symbolText = unbound(Symbol.prototype.toString);
const mapEach = unbound($Map.prototype.forEach);
const setEach = unbound(Set.prototype.forEach);

const List = () => setPrototypeOf([], null);

const mapMethods = methodsOf($Map.prototype);
const weakMapMethods = methodsOf($WeakMap.prototype);

function methodsOf({ get, set, has, delete: remove }) {
  return { __proto__: null, get, set, has, delete: remove };
}

// The engine makes `${a}${b}` a call of this method, in the prelude too.
defineProperty($String.prototype, "concat", { __proto__: null, writable: false, configurable: false });

function pin(map) {
  const methods = getPrototypeOf(map) === $Map.prototype ? mapMethods : weakMapMethods;
  define(map, "get", methods.get);
  define(map, "set", methods.set);
  define(map, "has", methods.has);
  define(map, "delete", methods.delete);
  return map;
}

function define(target, name, value) {
  defineProperty(target, name, { __proto__: null, value, writable: true, configurable: true, enumerable: false });
}

function publish(name, value) {
  define(globalThis, name, value);
}

function camel(name) {
  let text = "";
  for (let i = 0; i < name.length; i++)
    text += name[i] === "_" && i > 0 && ++i < name.length ? upper(name[i]) : (name[i] ?? "");
  return text;
}

// A part of the prelude that is compiled when it is first used. It is an inner scope of this one.
const parts = Bare();
const partSources = parse(sources);
sources = undefined;
for (const name of keys(partSources)) {
  let loaded;
  parts[name] = () => (loaded ??= eval(partSources[name])());
}

function encode(value, spec, functions, what) {
  return parts.encode().encode(value, spec, functions, what);
}

function show(value) {
  return typeof value === "string" ? value : parts.show().show(value);
}

function fault(kind, message, hint) {
  return parts.errors().fault(kind, message, hint);
}
