// `fetch` as browsers have it (https://fetch.spec.whatwg.org), as far as `http.fetch` goes.

const { call, signalIn } = parts.proxies();

class Headers {
  #pairs = pin(new $Map());
  constructor(init = undefined) {
    if (init === undefined || init === null) return;
    const pairs = typeof init[natives.Symbol.iterator] === "function" ? apply(arrayFrom, $Array, [init]) : entries(init);
    for (let i = 0; i < pairs.length; i++) this.append(pairs[i][0], pairs[i][1]);
  }
  append(name, value) {
    const had = this.get(name);
    this.set(name, had === null ? value : `${had}, ${value}`);
  }
  delete(name) {
    this.#pairs.delete(lower(`${name}`));
  }
  get(name) {
    return this.#pairs.get(lower(`${name}`)) ?? null;
  }
  has(name) {
    return this.#pairs.has(lower(`${name}`));
  }
  set(name, value) {
    this.#pairs.set(lower(`${name}`), `${value}`);
  }
  forEach(fn, self) {
    mapEach(this.#pairs, (value, name) => apply(fn, self, [value, name, this]));
  }
  *entries() {
    const pairs = [];
    mapEach(this.#pairs, (value, name) => put(pairs, pairs.length, [name, value]));
    for (let i = 0; i < pairs.length; i++) yield pairs[i];
  }
  *keys() {
    for (const [name] of this.entries()) yield name;
  }
  *values() {
    for (const [, value] of this.entries()) yield value;
  }
  [natives.Symbol.iterator]() {
    return this.entries();
  }
  toJSON() {
    const plain = {};
    mapEach(this.#pairs, (value, name) => put(plain, name, value));
    return plain;
  }
}

function entries(object) {
  const pairs = List();
  const names = keys(object);
  for (let i = 0; i < names.length; i++) pairs[i] = [names[i], object[names[i]]];
  return pairs;
}

class Response {
  #answer;
  #headers;
  #used = false;
  constructor(answer) {
    this.#answer = answer;
    this.#headers = new Headers(answer.headers);
  }
  get status() {
    return this.#answer.status;
  }
  get ok() {
    return this.#answer.ok;
  }
  get url() {
    return this.#answer.url;
  }
  get redirected() {
    return this.#answer.redirected;
  }
  get headers() {
    return this.#headers;
  }
  get bodyUsed() {
    return this.#used;
  }
  async text() {
    return this.#body("text", "a blob; use blob()");
  }
  async json() {
    return parse(this.#body("text", "a blob; use blob()"));
  }
  async blob() {
    return this.#body("blob", 'a text; use text(), or http.fetch(url, { expect: "blob" })');
  }
  #body(kind, otherwise) {
    if (this.#used) throw new $TypeError("the body was read already");
    if (this.#answer[kind] === undefined) throw new $TypeError(`the body is ${otherwise}`);
    this.#used = true;
    return this.#answer[kind];
  }
}

function optionsOf(init) {
  const headers = new Headers(init.headers);
  const options = { __proto__: null, method: init.method, redirect: init.redirect, headers, expect: "body" };
  const body = init.body;
  if (body === undefined || body === null) return options;
  const plain = typeof body === "object" && typeof body.blob === "string";
  if (typeof body === "object" && !plain && isInstance(parts.url().URLSearchParams, body)) {
    if (!headers.has("content-type")) headers.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
  } else if (typeof body === "object" && !plain) {
    throw new $TypeError("the body must be text, URLSearchParams or a blob of the runtime");
  }
  options.body = plain ? body : `${body}`;
  return options;
}

async function fetch(resource, init = undefined) {
  init ??= Bare();
  const signal = signalIn(init);
  const url = encode(`${resource}`, null, false, "the URL");
  const options = encode(optionsOf(init), null, false, "the options");
  return new Response(await call("fetch", "http.fetch", `{"url":${url},"options":${options}}`, null, signal));
}

return { fetch, Headers };
