// `console` and `json`.

function makeConsole() {
  const counts = Bare();
  const timers = Bare();
  const elapsed = (label) => `${label}: ${floor((time - (timers[label] ?? time)) * 1000)} ms`;
  return {
    log: print,
    debug: (...values) => emit("debug", line(values)),
    info: (...values) => emit("info", line(values)),
    warn: (...values) => emit("warn", line(values)),
    error: (...values) => emit("error", line(values)),
    trace: (...values) => emit("debug", `${line(values)}\n${parts.errors().stackText(new $Error())}`),
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
    group: print,
    groupEnd: NEVER,
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
