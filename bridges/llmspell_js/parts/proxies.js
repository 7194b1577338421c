// The bridge objects: functions made from the generated description. An object such as `llm(...)` is its constructor's
// arguments, which travel with each call; nothing of it lives in the runtime.

const { prepareSpec } = parts.shapes();
const signals = pin(new $WeakMap()); // AbortSignal -> { aborted, reason, listen }

function call(name, method, args, spec, signal) {
  const made = makeNote(name, new $Error());
  return noted(made, (resolve, reject) => {
    if (signal !== undefined && signal.aborted) return reject(signal.reason);
    const task = current;
    const id = ask(method, args, spec, made, resolve, reject);
    signal?.listen(() => {
      if (drop(id)) later(task, () => reject(signal.reason));
    });
  });
}

function failed(name, error) {
  return noted(makeNote(name, new $Error()), (_, reject) => reject(error));
}

function prepareMethod(described) {
  const method = {
    __proto__: null,
    name: described.method,
    shown: camel(described.method ?? ""),
    stream: described.stream === true,
    params: List(),
    spec: null,
  };
  method.spec = prepareSpec(described.result);
  for (let i = 0; i < described.params?.length; i++) {
    const { name, spec } = described.params[i];
    method.params[i] = { __proto__: null, name, spec: prepareSpec(spec) };
  }
  return method;
}

function makeFunction(described, self) {
  let method;
  const run = (...args) => {
    method ??= prepareMethod(described);
    const signal = signalOf(method.params, args);
    if (method.stream)
      return new (parts.streams().Stream)(method, encodeArguments(method.params, args, self), signal);
    let text;
    try {
      text = encodeArguments(method.params, args, self);
    } catch (error) {
      return failed(method.shown, error);
    }
    return call(method.shown, method.name, text, method.spec, signal);
  };
  return run;
}

// An `AbortSignal` among the options stays on this side: it withdraws the call.
function signalOf(params, args) {
  const last = params.length - 1;
  if (last < 0 || params[last].name !== "options") return undefined;
  const options = args[last];
  if (typeof options !== "object" || options === null) return undefined;
  const signal = signalIn(options);
  if (signal !== undefined) put(args, last, without(options, "signal"));
  return signal;
}

function signalIn(options) {
  const given = options.signal;
  return typeof given === "object" && given !== null ? signals.get(given) : undefined;
}

function without(object, left) {
  const copy = Bare();
  const names = keys(object);
  for (let i = 0; i < names.length; i++) if (names[i] !== left) copy[names[i]] = object[names[i]];
  return copy;
}

function encodeArguments(params, args, self) {
  return `{${self}${encodeList(params, args, self === "" ? "" : ",")}}`;
}

function encodeList(params, args, first) {
  let text = "";
  for (let i = 0; i < params.length && i < args.length; i++) {
    if (args[i] === undefined) continue;
    const { name, spec } = params[i];
    text += `${text === "" ? first : ","}"${name}":${encode(args[i], spec, true, name)}`;
  }
  return text;
}

function makeModule(name, methods, extra) {
  const module = { __proto__: null };
  const names = keys(methods);
  for (let i = 0; i < names.length; i++) module[camel(names[i])] = makeFunction(methods[names[i]], "");
  for (let i = 0; i < extra.length; i += 2) module[extra[i]] = extra[i + 1];
  bridgeObjects.set(module, name);
  return freeze(setPrototypeOf(module, helpfulPrototype(name, module)));
}

let numbers = 0; // of objects that the runtime keeps something for

function makeClass(name, described) {
  let params;
  let prototype;
  const { numbered } = described;
  const names = keys(described.methods);
  return (...args) => {
    params ??= prepareMethod(described).params;
    const number = numbered ? `"number":${++numbers}` : "";
    const given = `{${number}${encodeList(params, args, number === "" ? "" : ",")}}`;
    const self = `"self":${given}`;
    const object = Bare();
    bridgeObjects.set(object, name);
    if (numbered) parts.encode().sent.set(object, `{"${name}":${given}}`);
    for (let i = 0; i < names.length; i++)
      define(object, camel(names[i]), makeFunction(described.methods[names[i]], self));
    prototype ??= helpfulPrototype(name, object);
    return freeze(setPrototypeOf(object, prototype));
  };
}

// Whether the language itself asks objects for it, so that no tool and no method can be called this.
function belongsToLanguage(name) {
  return typeof name !== "string" || name in ObjectPrototype || name === "then" || name === "toJSON";
}

// What a bridge object inherits from: a name that it does not have is an error which names the nearest one.
function helpfulPrototype(what, methods) {
  return new $Proxy(freeze(Bare()), {
    __proto__: null,
    get(_, name) {
      if (belongsToLanguage(name)) return ObjectPrototype[name];
      const near = parts.errors().nearest(name, getOwnPropertyNames(methods));
      throw fault("type", `${what} has no method or field ${stringify(name)}`, near && `did you mean ${near}?`);
    },
  });
}

// `tools.NAME(args)`: which tools there are is known to the runtime alone.
function makeTools() {
  const known = pin(new $Map());
  const tools = new $Proxy(freeze(setPrototypeOf(Bare(), Bare())), {
    __proto__: null,
    get(_, name) {
      if (belongsToLanguage(name)) return ObjectPrototype[name];
      if (!known.has(name)) known.set(name, makeTool(name));
      return known.get(name);
    },
  });
  bridgeObjects.set(tools, "tools");
  return tools;
}

function makeTool(name) {
  const params = [
    { __proto__: null, name: "arguments", spec: null },
    { __proto__: null, name: "options", spec: null },
  ];
  const shown = `tools.${name}`;
  return (...args) => {
    try {
      const signal = signalOf(params, args);
      const given = args[0] === undefined ? "{}" : encode(args[0], null, true, "arguments");
      const text = `{"name":${encode(name, null, false, "the name")},"arguments":${given}}`;
      return call(shown, "tools.call", text, null, signal);
    } catch (error) {
      return failed(shown, error);
    }
  };
}

return { call, signals, signalIn, makeFunction, makeModule, makeClass, makeTools };
