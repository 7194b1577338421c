// URL and URLSearchParams (https://url.spec.whatwg.org).

const { C0, FRAGMENT, PATH, QUERY, SPECIAL_QUERY, USERINFO, formText, parseForm, percentEncode } = parts.percent();
const { invalid, parseHost } = parts.host();
const PORTS = { __proto__: null, "http:": 80, "https:": 443, "ws:": 80, "wss:": 443, "ftp:": 21, "file:": null };
const isSpecial = (url) => PORTS[url.protocol] !== undefined;
const DRIVE = /^[A-Za-z][:|]$/;

function newParts(protocol) {
  return { protocol, username: "", password: "", host: null, port: null, path: [], query: null, fragment: null };
}

// A parsed URL. Its path is a list of segments, or text where it is opaque (`mailto:a@b`).
function parseUrl(input, base) {
  let text = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
  let fragment = null;
  const hash = text.indexOf("#");
  if (hash >= 0) [text, fragment] = [text.slice(0, hash), percentEncode(text.slice(hash + 1), FRAGMENT)];
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  const url = scheme
    ? parseAbsolute(scheme[1].toLowerCase() + ":", text.slice(scheme[0].length), base)
    : parseRelative(text, base);
  url.fragment = fragment;
  return url;
}

function parseAbsolute(protocol, rest, base) {
  const url = newParts(protocol);
  if (!isSpecial(url)) {
    if (rest.startsWith("//")) return parseAuthority(url, rest.slice(2));
    if (rest.startsWith("/")) return parsePath(url, rest);
    return parseOpaque(url, rest);
  }
  if (protocol === "file:") return parseFile(url, rest, base?.protocol === "file:" ? base : null);
  if (base?.protocol === protocol && !/^[/\\]/.test(rest)) return parseRelative(rest, base);
  return parseAuthority(url, rest.replace(/^[/\\]*/, ""));
}

function parseOpaque(url, rest) {
  const [path, query] = splitQuery(rest);
  url.path = percentEncode(path, C0);
  url.query = query === null ? null : percentEncode(query, QUERY);
  return url;
}

function splitQuery(text) {
  const at = text.indexOf("?");
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function parseRelative(text, base) {
  if (base === null) invalid("it has no scheme, and no base was given");
  if (typeof base.path === "string") {
    if (text !== "") invalid("the base cannot be a base");
    return { ...base };
  }
  const slash = isSpecial(base) ? /^[/\\]/ : /^\//;
  const url = { ...base, path: [...base.path], fragment: null };
  if (base.protocol === "file:") return parseFile(newParts("file:"), text, base);
  if (slash.test(text) && slash.test(text.slice(1))) return parseAuthority(newParts(base.protocol), text.slice(2));
  if (slash.test(text)) return parsePath({ ...url, path: [], query: null }, text);
  return mergePath(url, text);
}

// A path that continues the one of the base.
function mergePath(url, text) {
  const [path, query] = splitQuery(text);
  if (path === "") {
    if (query !== null) url.query = encodeQuery(url, query);
    return url;
  }
  url.path.pop();
  url.query = null;
  return parsePath(url, text);
}

function parseFile(url, rest, base) {
  url.host = "";
  if (/^[/\\]{2}/.test(rest)) {
    const [, host, path] = /^([^/\\?]*)(.*)$/s.exec(rest.slice(2));
    if (DRIVE.test(host)) return parsePath(url, `/${host}${path}`);
    const parsed = host === "" ? "" : parseHost(host, true);
    url.host = parsed === "localhost" ? "" : parsed;
    return parsePath(url, path);
  }
  if (base === null) return parsePath(url, rest);
  url.host = base.host;
  if (/^[/\\]/.test(rest)) {
    if (DRIVE.test(base.path[0] ?? "") && !DRIVE.test(rest.slice(1, 3))) url.path = [base.path[0]];
    return parsePath(url, rest);
  }
  return mergePath({ ...url, path: [...base.path], query: base.query }, rest);
}

function parseAuthority(url, rest) {
  const end = rest.search(isSpecial(url) ? /[/\\?]/ : /[/?]/);
  const [authority, path] = end < 0 ? [rest, ""] : [rest.slice(0, end), rest.slice(end)];
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  if (at >= 0) {
    const [, name, , password] = /^([^:]*)(:(.*))?$/s.exec(authority.slice(0, at));
    url.username = percentEncode(name, USERINFO);
    url.password = percentEncode(password ?? "", USERINFO);
  }
  setHost(url, host);
  if (url.host === "" && (at >= 0 || url.port !== null || isSpecial(url))) invalid("the host is missing");
  return parsePath(url, path);
}

function setHost(url, text) {
  const [, host, , port] = /^(\[[^\]]*\]|[^:]*)(:(.*))?$/s.exec(text) ?? invalid("a wrong port");
  url.host = host === "" ? "" : parseHost(host, isSpecial(url));
  url.port = parsePort(url, port ?? "");
}

function parsePort(url, text) {
  if (text === "") return null;
  if (!/^[0-9]+$/.test(text) || +text > 65535) invalid("a port is a number below 65536");
  return +text === PORTS[url.protocol] ? null : +text;
}

function parsePath(url, text) {
  const [path, query] = splitQuery(text);
  if (query !== null) url.query = encodeQuery(url, query);
  const special = isSpecial(url);
  const segments = (special ? path.replaceAll("\\", "/") : path).replace(/^\//, "").split("/");
  if (path === "" && (!special || url.path.length > 0)) return url;
  segments.forEach((segment, i) => addSegment(url, segment, i === segments.length - 1));
  return url;
}

function addSegment(url, segment, last) {
  const dots = segment.replace(/%2e/gi, ".");
  if (dots === "..") {
    if (!(url.protocol === "file:" && url.path.length === 1 && DRIVE.test(url.path[0]))) url.path.pop();
    if (last) url.path.push("");
  } else if (dots === ".") {
    if (last) url.path.push("");
  } else if (url.protocol === "file:" && url.path.length === 0 && DRIVE.test(segment)) {
    url.path.push(`${segment[0]}:`);
  } else url.path.push(percentEncode(segment, PATH));
}

function encodeQuery(url, query) {
  return percentEncode(query, isSpecial(url) ? SPECIAL_QUERY : QUERY);
}

function showUrl(url) {
  const query = url.query === null ? "" : `?${url.query}`;
  return url.protocol + showAuthority(url) + showPath(url) + query + (url.fragment === null ? "" : `#${url.fragment}`);
}

function showAuthority(url) {
  if (url.host === null) return typeof url.path !== "string" && url.path.length > 1 && url.path[0] === "" ? "/." : "";
  const password = url.password === "" ? "" : `:${url.password}`;
  const user = url.username === "" && password === "" ? "" : `${url.username}${password}@`;
  return `//${user}${showHost(url)}`;
}

function showHost(url) {
  return url.host === null ? "" : url.host + (url.port === null ? "" : `:${url.port}`);
}

function showPath(url) {
  return typeof url.path === "string" ? url.path : url.path.map((segment) => `/${segment}`).join("");
}

class URL {
  #url;
  #params;

  constructor(url, base = undefined) {
    this.#url = parseUrl(toWellFormed(`${url}`), base === undefined ? null : parseUrl(toWellFormed(`${base}`), null));
    this.#params = bound(
      new URLSearchParams(this.#url.query ?? ""),
      (text) => (this.#url.query = text === "" ? null : text),
    );
  }
  static canParse(url, base) {
    return URL.parse(url, base) !== null;
  }
  static parse(url, base) {
    try {
      return new URL(url, base);
    } catch {
      return null;
    }
  }

  get href() {
    return showUrl(this.#url);
  }
  set href(text) {
    this.#url = parseUrl(toWellFormed(`${text}`), null);
    refill(this.#params, this.#url.query);
  }
  get origin() {
    const { protocol } = this.#url;
    return isSpecial(this.#url) && protocol !== "file:" ? `${protocol}//${this.host}` : "null";
  }
  get protocol() {
    return this.#url.protocol;
  }
  set protocol(text) {
    const found = /^([A-Za-z][A-Za-z0-9+.-]*):?/.exec(`${text}`);
    const protocol = found && `${found[1].toLowerCase()}:`;
    if (protocol === null || isSpecial(this.#url) !== (PORTS[protocol] !== undefined) || protocol === "file:") return;
    this.#url.protocol = protocol;
    if (this.#url.port === PORTS[protocol]) this.#url.port = null;
  }
  get username() {
    return this.#url.username;
  }
  set username(text) {
    if (this.#url.host) this.#url.username = percentEncode(toWellFormed(`${text}`), USERINFO);
  }
  get password() {
    return this.#url.password;
  }
  set password(text) {
    if (this.#url.host) this.#url.password = percentEncode(toWellFormed(`${text}`), USERINFO);
  }
  get host() {
    return showHost(this.#url);
  }
  set host(text) {
    this.#try((url) => setHost(url, `${text}`.split(/[/?#]/)[0]));
  }
  get hostname() {
    return this.#url.host ?? "";
  }
  set hostname(text) {
    this.#try((url) => (url.host = parseHost(`${text}`.split(/[/?#:]/)[0], isSpecial(url))));
  }
  get port() {
    return this.#url.port === null ? "" : `${this.#url.port}`;
  }
  set port(text) {
    this.#try((url) => (url.port = parsePort(url, /^[0-9]*/.exec(`${text}`)[0])));
  }
  get pathname() {
    return showPath(this.#url);
  }
  set pathname(text) {
    if (typeof this.#url.path === "string") return;
    const escaped = `${text}`.replaceAll("?", "%3F").replaceAll("#", "%23");
    this.#url.path = parsePath({ ...this.#url, path: [] }, escaped).path;
  }
  get search() {
    return this.#url.query ? `?${this.#url.query}` : "";
  }
  set search(text) {
    const query = toWellFormed(`${text}`).replace(/^\?/, "");
    this.#url.query = query === "" ? null : encodeQuery(this.#url, query.replaceAll("#", "%23"));
    refill(this.#params, this.#url.query);
  }
  get searchParams() {
    return this.#params;
  }
  get hash() {
    return this.#url.fragment ? `#${this.#url.fragment}` : "";
  }
  set hash(text) {
    const fragment = toWellFormed(`${text}`).replace(/^#/, "");
    this.#url.fragment = fragment === "" ? null : percentEncode(fragment, FRAGMENT);
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }

  // A setter with a wrong value changes nothing.
  #try(change) {
    if (this.#url.host === null || typeof this.#url.path === "string") return;
    const copy = { ...this.#url };
    try {
      change(copy);
    } catch {
      return;
    }
    this.#url = copy;
  }
}

class URLSearchParams {
  #pairs = [];
  #changed = NEVER;

  constructor(init = "") {
    if (typeof init !== "object" || init === null) this.#pairs = parseForm(toWellFormed(`${init}`).replace(/^\?/, ""));
    else {
      const pairs = typeof init[Symbol.iterator] === "function" ? [...init] : Object.entries(init);
      this.#pairs = pairs.map(([name, value]) => [toWellFormed(`${name}`), toWellFormed(`${value}`)]);
    }
  }
  static bind(params, changed) {
    params.#changed = changed;
    return params;
  }
  static fill(params, query) {
    params.#pairs = parseForm(query ?? "");
  }

  get size() {
    return this.#pairs.length;
  }
  append(name, value) {
    this.#pairs.push([toWellFormed(`${name}`), toWellFormed(`${value}`)]);
    this.#update();
  }
  delete(name, value) {
    this.#pairs = this.#pairs.filter(
      (pair) => pair[0] !== `${name}` || (value !== undefined && pair[1] !== `${value}`),
    );
    this.#update();
  }
  get(name) {
    return this.#pairs.find((pair) => pair[0] === `${name}`)?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter((pair) => pair[0] === `${name}`).map((pair) => pair[1]);
  }
  has(name, value) {
    return this.#pairs.some((pair) => pair[0] === `${name}` && (value === undefined || pair[1] === `${value}`));
  }
  set(name, value) {
    const first = this.#pairs.find((pair) => pair[0] === `${name}`);
    if (first === undefined) return this.append(name, value);
    first[1] = toWellFormed(`${value}`);
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== `${name}` || pair === first);
    this.#update();
  }
  sort() {
    this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#update();
  }
  forEach(fn, self) {
    for (const [name, value] of this.#pairs) fn.call(self, value, name, this);
  }
  *entries() {
    for (const [name, value] of this.#pairs) yield [name, value];
  }
  *keys() {
    for (const [name] of this.#pairs) yield name;
  }
  *values() {
    for (const [, value] of this.#pairs) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    return formText(this.#pairs);
  }
  toJSON() {
    return this.toString();
  }

  #update() {
    this.#changed(this.toString());
  }
}
const { bind: bound, fill: refill } = URLSearchParams;
delete URLSearchParams.bind;
delete URLSearchParams.fill;

return { URL, URLSearchParams };
