// Which objects are not plain data: shared by what writes values for the border and what shows them to people.

const NAMES = [
  $Map,
  "a Map",
  natives.Set,
  "a Set",
  $WeakMap,
  "a WeakMap",
  natives.WeakSet,
  "a WeakSet",
  natives.WeakRef,
  "a WeakRef",
  $Promise,
  "a promise (await it first)",
  natives.ArrayBuffer,
  "an ArrayBuffer",
  natives.DataView,
  "a DataView",
  natives.TypedArray,
  "a typed array",
  natives.RegExp,
  "a regular expression",
  $Error,
  "an Error",
  natives.Number,
  "a Number object",
  $String,
  "a String object",
  natives.Boolean,
  "a Boolean object",
  natives.Symbol,
  "a symbol",
  natives.BigInt,
  "a BigInt object",
  natives.Function,
  "a function",
];
const foreign = pin(new $Map());
for (let i = 0; i < NAMES.length; i += 2) foreign.set(NAMES[i].prototype, NAMES[i + 1]);

function foreignName(value) {
  const own = bridgeObjects.get(value);
  if (own !== undefined) return `a bridge object (${own})`;
  let proto = getPrototypeOf(value);
  for (let steps = 0; proto !== null && steps < 100; steps++) {
    const name = foreign.get(proto);
    if (name !== undefined) return name;
    proto = getPrototypeOf(proto);
  }
  return undefined;
}

return { foreignName };
