// Host names and addresses of URLs (https://url.spec.whatwg.org/#hosts-(domains-and-ip-addresses)).

const { C0, percentDecode, percentEncode } = parts.percent();
const FORBIDDEN = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_DOMAIN = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/;

function invalid(what) {
  throw new TypeError(`Invalid URL: ${what}`);
}

function parseHost(text, special) {
  if (text.startsWith("[")) {
    if (!text.endsWith("]")) invalid("an IPv6 address without its closing bracket");
    return `[${showIPv6(parseIPv6(text.slice(1, -1)))}]`;
  }
  if (!special) {
    if (FORBIDDEN.test(text)) invalid("a character that no host can have");
    return percentEncode(text, C0);
  }
  const domain = toAscii(percentDecode(text));
  if (domain === "" || FORBIDDEN_DOMAIN.test(domain)) invalid("a character that no domain can have");
  const parts = domain.split(".");
  if (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return /^([0-9]+|0x[0-9a-f]*)$/.test(parts.at(-1)) ? parseIPv4(parts) : domain;
}

function parseIPv4(parts) {
  if (parts.length > 4) invalid("an IPv4 address of more than four numbers");
  const numbers = parts.map((part) => {
    const digits = /^0x[0-9a-f]*$/.test(part)
      ? [part.slice(2) || "0", 16]
      : /^0[0-7]*$/.test(part)
        ? [part, 8]
        : [part, 10];
    if (part === "" || (digits[1] === 10 && !/^[1-9][0-9]*$/.test(part))) invalid("a wrong number in an IPv4 address");
    return parseInt(digits[0], digits[1]);
  });
  const last = numbers.pop();
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length))
    invalid("a number too large in an IPv4 address");
  const address = numbers.reduce((sum, number, i) => sum + number * 256 ** (3 - i), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

function parseIPv6(text) {
  const halves = text.split("::");
  if (halves.length > 2) invalid("an IPv6 address with more than one ::");
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":").flatMap(parsePiece)));
  if (tail === undefined) return head.length === 8 ? head : invalid("an IPv6 address without eight numbers");
  const gap = 8 - head.length - tail.length;
  if (gap < 1) invalid("an IPv6 address of more than eight numbers");
  return [...head, ...Array(gap).fill(0), ...tail];
}

function parsePiece(piece, index, pieces) {
  if (/^[0-9A-Fa-f]{1,4}$/.test(piece)) return [parseInt(piece, 16)];
  const four = index === pieces.length - 1 && /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(piece);
  if (!four) invalid("a wrong number in an IPv6 address");
  const bytes = four.slice(1).map(Number);
  if (bytes.some((byte) => byte > 255)) invalid("a wrong number in an IPv6 address");
  return [bytes[0] * 256 + bytes[1], bytes[2] * 256 + bytes[3]];
}

function showIPv6(pieces) {
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && pieces[i + length] === 0) length++;
    if (length > best.length) best = { start: i, length };
    i += length;
  }
  const show = (some) => some.map((piece) => piece.toString(16)).join(":");
  if (best.start < 0) return show(pieces);
  return `${show(pieces.slice(0, best.start))}::${show(pieces.slice(best.start + best.length))}`;
}

function toAscii(domain) {
  const labels = domain
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u3002\uff0e\uff61]/g, ".")
    .replaceAll("\u00ad", "")
    .split(".");
  return labels.map((label) => (/^[\0-\x7f]*$/.test(label) ? label : `xn--${punycode(label)}`)).join(".");
}

// Bootstring with the parameters of Punycode (RFC 3492).
function punycode(label) {
  const points = [...label].map((char) => char.codePointAt(0));
  const basic = points.filter((point) => point < 0x80);
  let output = String.fromCodePoint(...basic) + (basic.length > 0 ? "-" : "");
  let n = 0x80;
  let delta = 0;
  let bias = 72;
  for (let done = basic.length; done < points.length;) {
    const next = Math.min(...points.filter((point) => point >= n));
    delta += (next - n) * (done + 1);
    n = next;
    for (const point of points) {
      if (point < n) delta++;
      if (point !== n) continue;
      output += digits(delta, bias);
      bias = adapt(delta, done + 1, done === basic.length);
      delta = 0;
      done++;
    }
    delta++;
    n++;
  }
  return output;
}

function digits(delta, bias) {
  const digit = (value) => String.fromCharCode(value < 26 ? 97 + value : 22 + value);
  let text = "";
  for (let k = 36; ; k += 36) {
    const threshold = Math.min(Math.max(k - bias, 1), 26);
    if (delta < threshold) return text + digit(delta);
    text += digit(threshold + ((delta - threshold) % (36 - threshold)));
    delta = Math.floor((delta - threshold) / (36 - threshold));
  }
}

function adapt(delta, count, first) {
  delta = Math.floor(delta / (first ? 700 : 2));
  delta += Math.floor(delta / count);
  let k = 0;
  for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
  return k + Math.floor((36 * delta) / (delta + 38));
}

return { invalid, parseHost };
