// Percent-encoding, and the `application/x-www-form-urlencoded` format (https://url.spec.whatwg.org). This part and
// `host` and `url` are ordinary code: what a script does to its own `String.prototype` it does to them too.

const C0 = (c) => c < 0x20 || c > 0x7e;
const among = (base, extra) => (c) => base(c) || extra.includes(String.fromCharCode(c));
const FRAGMENT = among(C0, ' "<>`');
const QUERY = among(C0, ' "#<>');
const SPECIAL_QUERY = among(QUERY, "'");
const PATH = among(QUERY, "?^`{}");
const USERINFO = among(PATH, "/:;=@[\\]|");
const FORM = (c) => !/[A-Za-z0-9*\-._]/.test(String.fromCharCode(c)) || c > 0x7e;

const encoder = new (parts.text().TextEncoder)();
const decoder = new (parts.text().TextDecoder)("utf-8", { ignoreBOM: true });

function hex(byte) {
  return `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
}

function percentEncode(text, mustEncode) {
  let encoded = "";
  for (const char of text) {
    if (!mustEncode(char.codePointAt(0))) encoded += char;
    else for (const byte of encoder.encode(char)) encoded += hex(byte);
  }
  return encoded;
}

function percentDecode(text) {
  const bytes = [];
  const source = encoder.encode(text);
  for (let i = 0; i < source.length; i++) {
    const digits = source[i] === 0x25 ? String.fromCharCode(source[i + 1] ?? 0, source[i + 2] ?? 0) : "";
    if (/^[0-9A-Fa-f]{2}$/.test(digits)) {
      bytes.push(parseInt(digits, 16));
      i += 2;
    } else bytes.push(source[i]);
  }
  return decoder.decode(new Uint8Array(bytes));
}

function parseForm(text) {
  const pairs = [];
  for (const piece of text.split("&")) {
    if (piece === "") continue;
    const at = piece.indexOf("=");
    const [name, value] = at < 0 ? [piece, ""] : [piece.slice(0, at), piece.slice(at + 1)];
    pairs.push([percentDecode(name.replaceAll("+", " ")), percentDecode(value.replaceAll("+", " "))]);
  }
  return pairs;
}

function formText(pairs) {
  const encode = (text) => percentEncode(text, (c) => c !== 0x20 && FORM(c)).replaceAll(" ", "+");
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
}

return { C0, FRAGMENT, PATH, QUERY, SPECIAL_QUERY, USERINFO, formText, parseForm, percentDecode, percentEncode };
