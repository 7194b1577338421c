// Modules: each is loaded through the runtime once, by its resolved name, and run after what it imports.
// A chunk is a module of a session: it sees what earlier chunks declared, and its value is what it returns.

const modules = Bare(); // resolved name -> module
const kept = Bare(); // what chunks have declared
let main;
const { borderData, fromBorder, nearest } = parts.errors();

async function startMain(name, meta, make) {
  main = newModule(name, parse(meta));
  main.make = make;
  await link(main, List());
  await run(main);
  return main.namespace.default;
}

function newModule(name, meta) {
  const module = {
    __proto__: null,
    name,
    chunk: meta.chunk,
    imports: meta.imports,
    reexports: meta.reexports,
    wanted: Bare(),
    namespace: Bare(),
    make: undefined,
    linked: undefined,
    ran: undefined,
    done: false,
  };
  define(module.namespace, toStringTag, "Module");
  modules[name] = module;
  return module;
}

// Asks the runtime for what `module` calls `specifier`. `at` is where the import stands.
function fetchModule(module, specifier, at) {
  return (module.wanted[specifier] ??= new $Promise((resolve, reject) => {
    const asker = current;
    current = root;
    const failed = (error) => {
      module.wanted[specifier] = undefined;
      reject(at === undefined ? error : placed(error, module.name, at));
    };
    const wanted = encode(specifier, null, false, "the specifier");
    const args = `{"specifier":${wanted},"importer":${stringify(module.name)}}`;
    ask("module", args, null, makeNote("import", new $Error()), resolve, failed);
    current = asker;
  }));
}

function placed(error, file, at) {
  const data = borderData.get(error);
  if (data !== undefined && data.file === undefined) {
    data.file = file;
    data.line = at.line;
    data.column = at.column;
  }
  return error;
}

// The answer: a module that was not seen before comes compiled, with what it imports and exports.
function moduleLoaded(id, name, meta, make) {
  const waiting = forget(id);
  if (waiting === undefined) return;
  current = waiting.task;
  if (modules[name] === undefined) newModule(name, parse(meta)).make = make;
  waiting.resolve(modules[name]);
}

function link(module, path) {
  for (let i = 0; i < path.length; i++) if (path[i] === module) throw cycleError(path, i, module);
  return (module.linked ??= linkNow(module, path));
}

async function linkNow(module, path) {
  const wanted = List();
  const inner = List();
  for (let i = 0; i < path.length; i++) inner[i] = path[i];
  inner[path.length] = module;
  const all = importsOf(module);
  for (let i = 0; i < all.length; i++) wanted[i] = fetchModule(module, all[i].specifier, all[i]);
  for (let i = 0; i < all.length; i++) {
    all[i].module = await wanted[i];
    try {
      await link(all[i].module, inner);
    } catch (error) {
      throw placed(error, module.name, all[i]);
    }
  }
}

function importsOf(module) {
  const all = List();
  for (let i = 0; i < module.imports.length; i++) all[all.length] = module.imports[i];
  for (let i = 0; i < module.reexports.length; i++) all[all.length] = module.reexports[i];
  return all;
}

function cycleError(path, start, module) {
  let chain = "";
  for (let i = start; i < path.length; i++) chain += `${path[i].name} → `;
  const message = `modules import each other: ${chain}${module.name}`;
  return fromBorder({ kind: "spell", message, hint: "move what they share into a module of its own" }, undefined);
}

// Whether a module that is not done waits for `target`; `path` is the way there.
function leadsTo(from, target, path) {
  if (from === target) return true;
  if (from.done) return false;
  path[path.length] = from;
  const all = importsOf(from);
  for (let i = 0; i < all.length; i++)
    if (all[i].module !== undefined && leadsTo(all[i].module, target, path)) return true;
  path.length--;
  return false;
}

function run(module) {
  return (module.ran ??= runNow(module));
}

async function runNow(module) {
  const all = importsOf(module);
  for (let i = 0; i < all.length; i++) await run(all[i].module);
  const scope = module.chunk ? kept : bindImports(module);
  const load = makeLoader(module);
  const body = module.make(load, scope);
  const value = await body();
  if (module.chunk) load.value = value;
  module.done = true;
}

// What the text of a module uses: `load(specifier)` for `import()`, `load.meta`, and `load.value` for its default.
function makeLoader(module) {
  const load = (specifier) => importNow(module, `${specifier}`);
  define(load, "meta", freeze({ __proto__: null, name: module.name, url: module.name, main: module === main }));
  define(load, "value", undefined);
  define(load, "exports", (getters) => {
    const names = keys(getters);
    for (let i = 0; i < names.length; i++) exportGetter(module, names[i], getters[names[i]]);
    for (let i = 0; i < module.reexports.length; i++) reexport(module, module.reexports[i]);
  });
  define(load, "keep", (name, get, set) => {
    defineProperty(kept, name, { __proto__: null, get, set, enumerable: true, configurable: true });
  });
  return load;
}

function exportGetter(module, name, get) {
  defineProperty(module.namespace, name, { __proto__: null, get, enumerable: true, configurable: false });
}

function importNow(module, specifier) {
  const asker = current;
  return new $Promise((resolve, reject) => {
    current = root;
    whenSettled(importModule(module, specifier), asker, (failed, value) => (failed ? reject : resolve)(value));
    current = asker;
  });
}

async function importModule(module, specifier) {
  const found = await fetchModule(module, specifier, undefined);
  await link(found, List());
  const path = List();
  path[0] = module;
  if (!module.done && leadsTo(found, module, path)) throw cycleError(path, 0, module);
  await run(found);
  return found.namespace;
}

function bindImports(module) {
  const scope = Bare();
  for (let i = 0; i < module.imports.length; i++) {
    const { names, module: from } = module.imports[i];
    for (let j = 0; j < names.length; j++) {
      bindImport(module, scope, module.imports[i], names[j][0], names[j][1], from.namespace);
    }
  }
  return scope;
}

function bindImport(module, scope, at, imported, local, namespace) {
  if (imported !== "*" && !hasOwn(namespace, imported)) throw missingExport(module, at, imported);
  const get = imported === "*" ? () => namespace : () => namespace[imported];
  const set = () => {
    throw new $TypeError(`'${local}' is imported and cannot be changed`);
  };
  defineProperty(scope, local, { __proto__: null, get, set });
}

function missingExport(module, at, name) {
  const near = nearest(name, keys(at.module.namespace));
  const data = {
    kind: "spell",
    message: `${at.module.name} exports no ${stringify(name)}`,
    hint: near && `did you mean ${near}?`,
    file: module.name,
    line: at.line,
    column: at.column,
  };
  return fromBorder(data, undefined);
}

function reexport(module, at) {
  const namespace = at.module.namespace;
  if (at.names === null) {
    const names = keys(namespace);
    for (let i = 0; i < names.length; i++) {
      if (names[i] !== "default" && !hasOwn(module.namespace, names[i]))
        exportGetter(module, names[i], () => namespace[names[i]]);
    }
    return;
  }
  for (let i = 0; i < at.names.length; i++) {
    const imported = at.names[i][0];
    if (imported !== "*" && !hasOwn(namespace, imported)) throw missingExport(module, at, imported);
    exportGetter(module, at.names[i][1], imported === "*" ? () => namespace : () => namespace[imported]);
  }
}

return { moduleLoaded, startMain };
