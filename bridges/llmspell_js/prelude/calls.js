// Calls: what the script says goes to `out` and is taken after each slice; answers come back through `settle`.

const NEVER = () => {};
const pending = pin(new $Map()); // call number -> who waits for the answer
const streams = pin(new $Map()); // call number -> { task, stream } of each open stream
const functions = List(); // what the runtime may invoke, by number
const functionNumbers = pin(new $Map());
const limits = { __proto__: null, calls: 0, output: 0 };
let out = "";
let openCalls = 0;
let lastCall = 0;
let outputSize = 0;
let exceeded = false;
let over = false;

function say(text) {
  out += out === "" ? text : `,${text}`;
}

// Ends the run: the runtime ends it as soon as it sees this message, and until then nothing more can be said.
function exceed(limit) {
  exceeded = true;
  say(`["Limit","${limit}"]`);
}

function refuseAfterLimit() {
  if (exceeded) throw fault("limit", "a limit of the run was exceeded");
}

function emit(stream, text) {
  refuseAfterLimit();
  outputSize += text.length;
  if (outputSize > limits.output) exceed("output");
  else say(`["Print","${stream}",${stringify(toWellFormed(text))}]`);
  refuseAfterLimit();
}

// Makes a call for the current task and gives its number. A dead task's call is never sent and never answered.
function ask(method, args, spec, at, resolve, reject) {
  refuseAfterLimit();
  if (isDead(current)) return 0;
  if (lastCall === limits.calls) {
    exceed("calls");
    refuseAfterLimit();
  }
  const id = ++lastCall;
  openCalls++;
  pending.set(id, { __proto__: null, task: current, spec, at, resolve, reject });
  say(`["Call",${id},${stringify(method)},${args}]`);
  return id;
}

function forget(id) {
  const waiting = pending.get(id);
  if (waiting === undefined) return undefined;
  pending.delete(id);
  openCalls--;
  return waiting;
}

// Withdraws a call whose answer nobody wants any more.
function drop(id) {
  if (forget(id) === undefined) return false;
  say(`["Cancel",${id}]`);
  return true;
}

function dropDeadCalls() {
  mapEach(pending, (waiting, id) => {
    if (isDead(waiting.task)) drop(id);
  });
  mapEach(streams, (open) => {
    if (isDead(open.task)) open.stream.close();
  });
}

function settle(id, failed, text) {
  const waiting = forget(id);
  if (waiting === undefined) return;
  current = waiting.task;
  const value = parse(text);
  if (failed) waiting.reject(fromBorder(value, waiting.at));
  else waiting.resolve(waiting.spec === null ? value : shape(value, waiting.spec));
}

function call(method, args, spec, signal) {
  const at = new $Error();
  return new $Promise((resolve, reject) => {
    if (signal !== undefined && signal.aborted) return reject(signal.reason);
    const task = current;
    const id = ask(method, args, spec, at, resolve, reject);
    signal?.listen(() => {
      if (drop(id)) later(task, () => reject(signal.reason));
    });
  });
}

function startTimer(seconds, reject, resolve) {
  return ask("sleep", `{"seconds":${encode(seconds, null, false, "seconds")}}`, null, undefined, resolve, reject);
}

function functionNumber(fn) {
  let number = functionNumbers.get(fn);
  if (number === undefined) {
    number = functions.length;
    functionNumbers.set(fn, number);
  }
  functions[number] = { __proto__: null, fn, task: current };
  return number;
}

// The runtime calls a script function, on behalf of the task that handed it over.
async function invoke(id, number, args) {
  const known = functions[number];
  let answer;
  try {
    if (known === undefined) throw fault("not_found", `the script has no function ${number}`);
    if (isDead(known.task)) throw fault("spell", "the part of the script that this function belongs to was cancelled");
    current = known.task;
    const value = await apply(known.fn, undefined, parse(args));
    answer = `["Return",${id},${encode(value, null, false, "the value")}]`;
  } catch (error) {
    answer = `["Raise",${id},${describeError(error)}]`;
  }
  say(answer);
}

// A stream of items, fetched in batches. Leaving a `for await` loop closes it.
class Stream {
  #id = 0;
  #spec;
  #at = new $Error();
  #signal;
  #opened;
  #items = [];
  #next = 0;
  #done = false;
  #fetching = undefined;
  #fetch = 0;
  #wake = NEVER;

  constructor(method, args, spec, signal) {
    this.#spec = spec;
    this.#signal = signal;
    this.#opened = new $Promise((resolve, reject) => {
      if (signal !== undefined && signal.aborted) return reject(signal.reason);
      const task = current;
      const opened = () => {
        streams.set(this.#id, { __proto__: null, task, stream: this });
        resolve();
      };
      this.#id = ask(method, args, null, this.#at, opened, reject);
      this.#wake = resolve;
      signal?.listen(() => this.close());
    });
  }

  [asyncIterator]() {
    return this;
  }

  async next() {
    while (this.#next >= this.#items.length) {
      if (this.#done) return this.#end();
      await (this.#fetching ??= this.#load());
    }
    return { value: shape(this.#items[this.#next++], this.#spec), done: false };
  }

  async return(value) {
    this.close();
    return { value, done: true };
  }

  async collect() {
    const items = [];
    for (let step = await this.next(); !step.done; step = await this.next()) put(items, items.length, step.value);
    return items;
  }

  close() {
    if (this.#done) return;
    const wake = this.#wake;
    this.#done = true;
    this.#items = [];
    this.#next = 0;
    if (this.#fetch > 0) drop(this.#fetch);
    if (!drop(this.#id) && streams.has(this.#id)) say(`["Cancel",${this.#id}]`);
    streams.delete(this.#id);
    later(current, () => wake());
  }

  #end() {
    if (this.#signal !== undefined && this.#signal.aborted) throw this.#signal.reason;
    return { value: undefined, done: true };
  }

  async #load() {
    try {
      await this.#opened;
      if (this.#done) return;
      const batch = await new $Promise((resolve, reject) => {
        this.#wake = resolve;
        this.#fetch = ask("next", `{"stream":${this.#id}}`, null, this.#at, resolve, reject);
      });
      if (batch === undefined) return;
      if (!isArray(batch.items)) throw fault("internal", "the runtime answered `next` with something else than items");
      this.#items = batch.items;
      this.#next = 0;
      if (batch.done) this.#finish();
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#fetch = 0;
      this.#fetching = undefined;
    }
  }

  #finish() {
    this.#done = true;
    streams.delete(this.#id);
  }
}
freeze(Stream.prototype);
