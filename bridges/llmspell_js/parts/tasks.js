// What scripts do with tasks: each helper starts some, and goes on as a turn of the task that called it.

// Runs a function (or waits for a promise) as a task of its own. `ended(failed, value)` runs as a turn of the parent.
function spawn(fn, first, second, ended) {
  const parent = current;
  const task = { __proto__: null, parent, cancelled: false };
  current = task;
  try {
    const given = typeof fn === "function" ? fn(first, second) : fn;
    whenSettled(given, parent, ended);
  } catch (error) {
    later(parent, () => ended(true, error));
  }
  current = parent;
  return task;
}

// A cancelled task never runs again: its calls are withdrawn, and with them whatever would have continued it.
function cancel(tasks) {
  for (let i = 0; i < tasks.length; i++) tasks[i].cancelled = true;
  dropDeadCalls();
}

function needRunnable(fn, what) {
  const isPromise = typeof fn === "object" && fn !== null && typeof fn.then === "function";
  if (typeof fn === "function" || isPromise) return;
  throw fault(
    "type",
    `${what} must be a function or a promise, not ${show(fn)}`,
    isArray(fn) ? "spread the list: f(...list)" : undefined,
  );
}

function parallel(...runs) {
  for (let i = 0; i < runs.length; i++) needRunnable(runs[i], `argument ${i + 1} of parallel`);
  return noted(makeNote("parallel", new $Error()), (resolve, reject) => {
    const values = [];
    const tasks = List();
    let left = runs.length;
    if (left === 0) resolve(values);
    for (let i = 0; i < runs.length; i++) put(values, i, undefined);
    for (let i = 0; i < runs.length; i++) {
      tasks[i] = spawn(runs[i], undefined, undefined, (failed, value) => {
        if (failed) {
          cancel(tasks);
          return reject(value);
        }
        put(values, i, value);
        if (--left === 0) resolve(values);
      });
    }
  });
}

function race(...runs) {
  for (let i = 0; i < runs.length; i++) needRunnable(runs[i], `argument ${i + 1} of race`);
  if (runs.length === 0) throw fault("value", "race needs at least one function");
  return noted(makeNote("race", new $Error()), (resolve, reject) => {
    const tasks = List();
    for (let i = 0; i < runs.length; i++) {
      tasks[i] = spawn(runs[i], undefined, undefined, (failed, value) => {
        cancel(tasks);
        (failed ? reject : resolve)(value);
      });
    }
  });
}

function timeout(seconds, run) {
  if (typeof seconds !== "number")
    throw fault("type", `the first argument of timeout must be a number, not ${show(seconds)}`);
  needRunnable(run, "the second argument of timeout");
  const error = fault("timeout", `took longer than ${show(seconds)} s`);
  return noted(makeNote("timeout", new $Error()), (resolve, reject) => {
    const timer = startTimer(seconds, reject, () => {
      cancel([task]);
      reject(error);
    });
    const task = spawn(run, undefined, undefined, (failed, value) => {
      drop(timer);
      (failed ? reject : resolve)(value);
    });
  });
}

function refuseUnknown(owner, options, known) {
  const names = keys(options ?? {});
  for (let i = 0; i < names.length; i++) {
    if (hasOwn(known, names[i])) continue;
    const near = parts.errors().nearest(names[i], keys(known));
    throw fault("type", `${owner} has no ${names[i]}`, near && `did you mean ${near}?`);
  }
}

function retry(run, options) {
  return noted(makeNote("retry", new $Error()), async (resolve, reject) => {
    try {
      resolve(await keepTrying(run, options));
    } catch (error) {
      reject(error);
    }
  });
}

async function keepTrying(run, options) {
  if (typeof run !== "function")
    throw fault("type", `the first argument of retry must be a function, not ${show(run)}`);
  refuseUnknown("retry", options, { attempts: 1, delay: 1, factor: 1 });
  const { attempts = 3, delay = 0.5, factor = 2 } = options ?? {};
  if (!isInteger(attempts) || attempts < 1)
    throw fault("value", `attempts must be a whole number above 0, not ${show(attempts)}`);
  needNumber("delay", delay);
  needNumber("factor", factor);
  let pause = delay;
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt);
    } catch (error) {
      if (attempt >= attempts) throw error;
    }
    await new $Promise((resolve, reject) => startTimer(pause, reject, resolve));
    pause *= factor;
  }
}

function needNumber(name, value) {
  if (typeof value !== "number") throw fault("type", `${name} must be a number, not ${show(value)}`);
  if (!(value >= 0)) throw fault("value", `${name} must be at least 0, not ${show(value)}`);
}

// The items of a list, or of what else can be gone through without waiting.
function itemsOf(list) {
  if (isArray(list)) return list;
  const isObject = typeof list === "object" && list !== null;
  if (typeof list !== "string" && !(isObject && (iterator in list || isInteger(list.length))))
    throw fault(
      "type",
      `the first argument of map must be a list, not ${isObject && asyncIterator in list ? "a stream" : show(list)}`,
      isObject && asyncIterator in list ? "await its collect(), or Array.fromAsync" : undefined,
    );
  return apply(arrayFrom, $Array, [list]);
}

function map(list, fn, options) {
  if (typeof fn !== "function") throw fault("type", `the second argument of map must be a function, not ${show(fn)}`);
  refuseUnknown("map", options, { concurrency: 1 });
  const { concurrency = 8 } = options ?? {};
  if (!(concurrency >= 1)) throw fault("value", `concurrency must be at least 1, not ${show(concurrency)}`);
  const items = itemsOf(list);
  const count = items.length;
  return noted(makeNote("map", new $Error()), (resolve, reject) => {
    const values = [];
    const tasks = List();
    let left = count;
    let over = false;
    const startNext = () => {
      const i = tasks.length;
      if (over || i >= count) return;
      tasks[i] = spawn(fn, items[i], i, (failed, value) => {
        if (over) return;
        if (failed) {
          over = true;
          cancel(tasks);
          return reject(value);
        }
        put(values, i, value);
        if (--left === 0) resolve(values);
        else startNext();
      });
    };
    for (let i = 0; i < count; i++) put(values, i, undefined);
    if (count === 0) resolve(values);
    for (let i = 0; i < min(concurrency, count); i++) startNext();
  });
}

return { parallel, race, timeout, retry, map };
