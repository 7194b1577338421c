// The door: the one function that the Python side holds. It never runs two things at once, and says what it has
// to say in `take`.

let parameters;
let facts;

function begin(text, described) {
  const given = parse(text);
  limits.calls = given.maxCalls;
  limits.output = given.maxOutput;
  time = startTime = given.now;
  seed = given.seed;
  parameters = given.params;
  facts = ["name", given.name, "runId", given.runId, "language", "js"];
  publishGlobals();
  publishProxies(parse(described));
  publish("params", parameters);
}

// The result of a spell is its default export; a function is called, and a promise awaited.
async function finish(result) {
  try {
    let value = await result();
    if (typeof value === "function") value = await value(parameters);
    const text = encode(value, null, false, "the value");
    tellUnheard(false);
    end(`["Done",${text}]`);
  } catch (error) {
    fail(error);
  }
}

function fail(error) {
  tellUnheard(true);
  end(`["Failed",${parts.errors().describeError(error)},${error === null}]`);
}

// Work of the script that ends with it, though it never awaited it.
function tellUnheard(failed) {
  if (!over && !outOfMemory && !exceeded && openCalls + unheard.length > 0) parts.unheard().tell(failed);
}

function end(text) {
  if (over) return;
  over = true;
  if (outOfMemory) exceed("memory");
  else say(text);
}

// A spell without imports is run by the engine itself, as the only module that it knows: `<input>`.
function watch(promise) {
  finish(async () => {
    await promise;
    return (await import("<input>")).default;
  });
}

// Where the script is, for an error that ends it from outside: where the engine stopped it, or its latest open call.
function whereabouts() {
  let latest = lastFault;
  if (latest === undefined) mapEach(pending, (waiting) => (latest = waiting.made?.at ?? latest));
  const data = Bare();
  if (latest !== undefined) parts.errors().addPlace(data, latest);
  return flat(encode(data, null, false, "the place"));
}

// Gives the messages since the last time, or nothing when a turn was run whose consequences come first.
function take(last) {
  if (outOfMemory && !exceeded) exceed("memory");
  else if (!over && takeTurn()) return undefined;
  else if (!over && last && openCalls === 0) {
    fail(fault("spell", "the spell waits for something that never happens", "resolve the promise that it awaits"));
  }
  const text = flat(out);
  out = "";
  return text;
}

// The binding cannot take a string that the engine keeps in pieces, as it does with long sums.
function flat(text) {
  return sliceText(text, 0);
}

return (what, a, b, c, d) => {
  switch (what) {
    case "take":
      return take(a);
    case "resolve":
      time = c;
      return settle(a, false, b);
    case "reject":
      return settle(a, true, b);
    case "loaded":
      return parts.modules().moduleLoaded(a, b, c, d);
    case "invoke":
      return void parts.functions().invoke(a, b, c);
    case "now":
      time = a;
      return undefined;
    case "begin":
      return begin(a, b);
    case "watch":
      return void watch(a);
    case "start":
      return void finish(() => parts.modules().startMain(a, b, c));
    case "file":
      return addFile(a, b, c);
    case "words":
      return flat(out);
    case "whereabouts":
      return whereabouts();
  }
};
