// Streams: items that the runtime gives in batches.

const { shape } = parts.shapes();

// A stream of items, fetched in batches. Leaving a `for await` loop closes it.
class Stream {
  #id = 0;
  #spec;
  #made;
  #signal;
  #opened;
  #items = [];
  #next = 0;
  #done = false;
  #fetching = undefined;
  #fetch = 0;
  #wake = NEVER;

  constructor(method, args, signal) {
    bridgeObjects.set(this, "stream");
    this.#spec = method.spec;
    this.#made = makeNote(method.shown, new $Error());
    this.#made.stream = true;
    this.#signal = signal;
    this.#opened = new $Promise((resolve, reject) => {
      if (signal !== undefined && signal.aborted) return reject(signal.reason);
      const task = current;
      const opened = () => {
        streams.set(this.#id, { __proto__: null, task, stream: this });
        resolve();
      };
      this.#id = ask(method.name, args, null, this.#made, opened, reject);
      this.#wake = resolve;
      signal?.listen(() => this.close());
    });
  }

  [asyncIterator]() {
    return this;
  }

  async next() {
    this.#made.heard = true;
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
        this.#fetch = ask("next", `{"stream":${this.#id}}`, null, this.#made, resolve, reject);
      });
      if (batch === undefined) return;
      if (!isArray(batch?.items)) throw fault("internal", "the runtime answered `next` with something else than items");
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

return { Stream };
