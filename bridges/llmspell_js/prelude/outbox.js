// Calls: what the script says goes to `out` and is taken after each slice; answers come back through `settle`.

const NEVER = () => {};
const pending = pin(new $Map()); // call number -> who waits for the answer
const streams = pin(new $Map()); // call number -> { task, stream } of each open stream
const limits = { __proto__: null, calls: 0, output: 0 };
let out = "";
const bridgeObjects = pin(new $WeakMap()); // object of the runtime -> its name
const unheard = List(); // what failed before anybody had looked at it: { made, error }
let openCalls = 0;
let lastCall = 0;
let counted = 0;
let outputSize = 0;
let exceeded = false;
let over = false;

function say(text) {
  out += out === "" ? text : `,${text}`;
}

// Ends the run: the runtime ends it as soon as it sees this message, and until then nothing more can be said.
function exceed(limit) {
  exceeded = true;
  const place = Bare();
  parts.errors().addPlace(place, lastFault ?? new $Error());
  say(`["Limit","${limit}",${encode(place, null, false, "the place")}]`);
}

function refuseAfterLimit() {
  if (exceeded || outOfMemory) throw fault("limit", "a limit of the run was exceeded");
}

function emit(stream, text) {
  refuseAfterLimit();
  outputSize += text.length;
  if (outputSize > limits.output) exceed("output");
  else say(`["Print","${stream}",${stringify(toWellFormed(text))}]`);
  refuseAfterLimit();
}

// What the script started: its name, where, and whether anybody has looked at its promise.
function makeNote(name, at) {
  return { __proto__: null, name, at, heard: false };
}

// A promise for the script. Whoever awaits one, or hands it on, asks for its constructor first; the engine tells
// nobody of a promise that fails unheard.
function noted(made, run) {
  const promise = new $Promise((resolve, reject) => {
    run(resolve, (error) => {
      if (!made.heard) unheard[unheard.length] = { __proto__: null, made, error };
      reject(error);
    });
  });
  const get = () => {
    made.heard = true;
    return $Promise;
  };
  defineProperty(promise, "constructor", { __proto__: null, get });
  return promise;
}

// Makes a call for the current task and gives its number. A dead task's call is never sent and never answered.
function ask(method, args, spec, made, resolve, reject) {
  refuseAfterLimit();
  if (isDead(current)) return 0;
  if (method !== "next" && ++counted > limits.calls) {
    exceed("calls"); // reading on in a stream is no call of its own
    refuseAfterLimit();
  }
  const id = ++lastCall;
  openCalls++;
  pending.set(id, { __proto__: null, task: current, spec, made, resolve, reject });
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
  if (failed) waiting.reject(parts.errors().fromBorder(value, waiting.made?.at));
  else waiting.resolve(waiting.spec === null ? value : parts.shapes().shape(value, waiting.spec));
}

function startTimer(seconds, reject, resolve) {
  return ask("sleep", `{"seconds":${encode(seconds, null, false, "seconds")}}`, null, undefined, resolve, reject);
}
