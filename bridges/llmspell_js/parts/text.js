// TextEncoder and TextDecoder, for UTF-8 (https://encoding.spec.whatwg.org).

const { Uint8Array, ArrayBuffer } = natives;
const LABELS = { __proto__: null, "utf-8": true, utf8: true, "unicode-1-1-utf-8": true };

class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  encode(text = "") {
    const bytes = [];
    encodeInto(toWellFormed(`${text}`), (byte) => put(bytes, bytes.length, byte));
    return new Uint8Array(bytes);
  }
  encodeInto(text, target) {
    const source = toWellFormed(`${text}`);
    let read = 0;
    let written = 0;
    while (read < source.length) {
      const length = codePointAt(source, read) > 0xffff ? 2 : 1;
      const bytes = List();
      encodeInto(sliceText(source, read, read + length), (byte) => (bytes[bytes.length] = byte));
      if (written + bytes.length > target.length) break;
      for (let i = 0; i < bytes.length; i++) target[written++] = bytes[i];
      read += length;
    }
    return { read, written };
  }
}

function encodeInto(text, add) {
  for (let i = 0; i < text.length; i++) {
    const point = codePointAt(text, i);
    if (point > 0xffff) i++;
    if (point < 0x80) {
      add(point);
      continue;
    }
    const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    add(((0xff00 >> (more + 1)) & 0xff) | (point >> (6 * more)));
    for (let k = more - 1; k >= 0; k--) add(0x80 | ((point >> (6 * k)) & 0x3f));
  }
}

// The UTF-8 decoder of the standard: a malformed sequence becomes one U+FFFD for its longest valid beginning.
class TextDecoder {
  #fatal;
  #ignoreBom;
  #needed = 0;
  #seen = 0;
  #point = 0;
  #lower = 0x80;
  #upper = 0xbf;
  #started = false;

  constructor(label = "utf-8", options = undefined) {
    if (LABELS[lower(`${label}`)] === undefined)
      throw new $RangeError(`the encoding ${label} is not supported; utf-8 is`);
    this.#fatal = options?.fatal === true;
    this.#ignoreBom = options?.ignoreBOM === true;
  }
  get encoding() {
    return "utf-8";
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBom;
  }
  decode(input = undefined, options = undefined) {
    const bytes = bytesOf(input);
    let text = "";
    for (let i = 0; i < bytes.length; i++) {
      const step = this.#step(bytes[i]);
      if (step === -2) {
        text += this.#malformed();
        i--;
      } else if (step === -3) text += this.#malformed();
      else if (step >= 0) text += this.#add(step);
    }
    if (options?.stream === true) return text;
    if (this.#needed > 0) text += this.#malformed();
    this.#started = false;
    return text;
  }

  // The code point that a byte completes; -1: none yet, -2: malformed before this byte, -3: malformed with it.
  #step(byte) {
    if (this.#needed === 0) return this.#first(byte);
    if (byte < this.#lower || byte > this.#upper) return -2;
    this.#lower = 0x80;
    this.#upper = 0xbf;
    this.#point = (this.#point << 6) | (byte & 0x3f);
    if (++this.#seen < this.#needed) return -1;
    const point = this.#point;
    this.#reset();
    return point;
  }
  #first(byte) {
    if (byte < 0x80) return byte;
    if (byte < 0xc2 || byte > 0xf4) return -3;
    this.#needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#point = byte & (0x3f >> this.#needed);
    if (byte === 0xe0) this.#lower = 0xa0;
    if (byte === 0xed) this.#upper = 0x9f;
    if (byte === 0xf0) this.#lower = 0x90;
    if (byte === 0xf4) this.#upper = 0x8f;
    return -1;
  }
  #reset() {
    this.#needed = this.#seen = this.#point = 0;
    this.#lower = 0x80;
    this.#upper = 0xbf;
  }
  #malformed() {
    this.#reset();
    if (this.#fatal) throw new $TypeError("the bytes are not valid UTF-8");
    return this.#add(0xfffd);
  }
  #add(point) {
    const isBom = !this.#started && !this.#ignoreBom && point === 0xfeff;
    this.#started = true;
    return isBom ? "" : fromCodePoint(point);
  }
}

function bytesOf(input) {
  if (input === undefined) return [];
  if (isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  throw new $TypeError("decode takes bytes: an ArrayBuffer or a typed array");
}

return { TextEncoder, TextDecoder };
