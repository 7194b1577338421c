// AbortController and AbortSignal, with as much of EventTarget as they need.

const { signals } = parts.proxies();
const { seconds } = parts.timers();

class Event {
  #type;
  #target = null;
  constructor(type) {
    this.#type = `${type}`;
  }
  get type() {
    return this.#type;
  }
  get target() {
    return this.#target;
  }
  static aim(event, target) {
    event.#target = target;
  }
}
const { aim } = Event;
delete Event.aim;

class EventTarget {
  #listeners = List();
  addEventListener(type, listener, options) {
    if (listener === null || listener === undefined) return;
    this.removeEventListener(type, listener);
    this.#listeners[this.#listeners.length] = {
      __proto__: null,
      type: `${type}`,
      listener,
      once: options?.once === true,
    };
  }
  removeEventListener(type, listener) {
    const left = List();
    for (let i = 0; i < this.#listeners.length; i++) {
      const each = this.#listeners[i];
      if (each.type !== `${type}` || each.listener !== listener) left[left.length] = each;
    }
    this.#listeners = left;
  }
  dispatchEvent(event) {
    aim(event, this);
    const listeners = this.#listeners;
    for (let i = 0; i < listeners.length; i++) {
      const { type, listener, once } = listeners[i];
      if (type !== event.type) continue;
      if (once) this.removeEventListener(type, listener);
      runListener(listener, this, event);
    }
    return true;
  }
}

// What a listener throws ends the run, since nobody could catch it.
function runListener(listener, target, event) {
  try {
    if (typeof listener === "function") apply(listener, target, [event]);
    else listener.handleEvent(event);
  } catch (error) {
    fail(error);
  }
}

let allowed = false; // whether a signal is being made by this file

class AbortSignal extends EventTarget {
  onabort = null;
  constructor() {
    if (!allowed) throw new $TypeError("make an AbortController, and use its signal");
    super();
    signals.set(this, newState());
  }
  get aborted() {
    return stateOf(this).aborted;
  }
  get reason() {
    return stateOf(this).reason;
  }
  throwIfAborted() {
    const { aborted, reason } = stateOf(this);
    if (aborted) throw reason;
  }
  static abort(reason) {
    const signal = newSignal();
    abort(signal, reason);
    return signal;
  }
  static timeout(milliseconds) {
    const signal = newSignal();
    startTimer(seconds(milliseconds), fail, () => abort(signal, new $DOMException("the time is over", "TimeoutError")));
    return signal;
  }
  static any(given) {
    const sources = apply(arrayFrom, $Array, [given]);
    const signal = newSignal();
    for (let i = 0; i < sources.length; i++) {
      const source = stateOf(sources[i]);
      if (source.aborted) {
        abort(signal, source.reason);
        break;
      }
      source.listen(() => abort(signal, source.reason));
    }
    return signal;
  }
}

function newState() {
  const listeners = List();
  return {
    __proto__: null,
    aborted: false,
    reason: undefined,
    listeners,
    listen(run) {
      listeners[listeners.length] = run;
    },
  };
}

function stateOf(signal) {
  const state = signals.get(signal);
  if (state === undefined) throw new $TypeError("this is not an AbortSignal");
  return state;
}

function newSignal() {
  allowed = true;
  try {
    return new AbortSignal();
  } finally {
    allowed = false;
  }
}

function abort(signal, reason) {
  const state = stateOf(signal);
  if (state.aborted) return;
  state.aborted = true;
  state.reason = reason === undefined ? new $DOMException("this was aborted", "AbortError") : reason;
  for (let i = 0; i < state.listeners.length; i++) state.listeners[i]();
  state.listeners.length = 0;
  const event = new Event("abort");
  aim(event, signal);
  if (typeof signal.onabort === "function") runListener(signal.onabort, signal, event);
  signal.dispatchEvent(event);
}

class AbortController {
  #signal = newSignal();
  get signal() {
    return this.#signal;
  }
  abort(reason) {
    abort(this.#signal, reason);
  }
}

return { AbortController, AbortSignal, Event, EventTarget };
