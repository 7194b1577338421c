// `console` and `json`.

// The values as a line, with those that `%s` and its like in the first one ask for in their places.
function formatted(values) {
  const pattern = values[0];
  if (typeof pattern !== "string" || values.length === 1) return line(values);
  let text = "";
  let next = 1;
  for (let i = 0; i < pattern.length; i++) {
    const kind = pattern[i] === "%" ? pattern[i + 1] : undefined;
    const put = kind === "%" ? "%" : next < values.length ? inPlace(kind, values[next]) : undefined;
    if (put === undefined) text += pattern[i];
    else {
      text += put;
      i++;
      if (kind !== "%") next++;
    }
  }
  for (; next < values.length; next++) text += ` ${show(values[next])}`;
  return text;
}

function indented(text, indent) {
  let all = "";
  for (let i = 0; i < text.length; i++) all += text[i] + (text[i] === "\n" && i < text.length - 1 ? indent : "");
  return all;
}

function inPlace(kind, value) {
  switch (kind) {
    case "s":
    case "o":
    case "O":
    case "j":
      return show(value);
    case "d":
    case "f":
      return `${numberIn(value)}`;
    case "i":
      return `${trunc(numberIn(value))}`;
    case "c": // colours of a browser
      return "";
  }
  return undefined;
}

function numberIn(value) {
  return typeof value === "object" || typeof value === "symbol" ? NaN : toNumber(value);
}

function makeConsole() {
  const counts = Bare();
  const timers = Bare();
  let indent = "";
  const say = (stream, text) => emit(stream, indent === "" ? text : indent + indented(text, indent));
  const at = (level) => (...values) => say(level, formatted(values));
  const elapsed = (label) => `${label}: ${floor((time - (timers[label] ?? time)) * 1000)} ms`;
  return {
    log: (...values) => say("stdout", `${formatted(values)}\n`),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    trace: (...values) => emit("debug", `${formatted(values)}\n${parts.errors().stackText(new $Error())}`),
    dir: (value) => print(value),
    table: (rows) => {
      if (typeof rows !== "object" || rows === null) return print(rows);
      const names = keys(rows);
      for (let i = 0; i < names.length; i++) print(names[i], rows[names[i]]);
    },
    assert: (holds, ...values) => {
      if (!holds) emit("error", values.length > 0 ? `Assertion failed: ${line(values)}` : "Assertion failed");
    },
    count: (label = "default") => print(`${label}: ${(counts[label] = (counts[label] ?? 0) + 1)}`),
    countReset: (label = "default") => {
      counts[label] = 0;
    },
    time: (label = "default") => {
      timers[label] = time;
    },
    timeLog: (label = "default") => print(elapsed(label)),
    timeEnd: (label = "default") => {
      print(elapsed(label));
      timers[label] = undefined;
    },
    group: (...values) => {
      if (values.length > 0) say("stdout", `${formatted(values)}\n`);
      indent += "  ";
    },
    groupEnd: () => {
      indent = sliceText(indent, 2);
    },
  };
}

const json = freeze({
  encode(value, options) {
    const indent = options?.indent;
    const text = encode(value, null, false, "the value");
    return indent === undefined || indent === 0 || indent === false
      ? text
      : stringify(parse(text), null, indent === true ? 2 : indent);
  },
  decode(text) {
    if (typeof text !== "string") throw fault("type", `json.decode takes text, not ${show(text)}`);
    try {
      return parse(text);
    } catch (error) {
      throw fault("value", `not JSON: ${error.message}`);
    }
  },
});

return { console: makeConsole(), json };
