// The names of declared fields: camelCase in the script, snake_case on the border.

// What a description says of a value's fields, made ready: `in` from script names, `out` to them.
function prepareSpec(spec) {
  if (spec === null || spec === undefined) return null;
  const prepared = { __proto__: null, items: null, in: null, out: null };
  if (spec.items !== undefined) prepared.items = prepareSpec(spec.items);
  if (spec.fields === undefined) return prepared;
  prepared.in = Bare();
  prepared.out = Bare();
  const names = keys(spec.fields);
  for (let i = 0; i < names.length; i++) {
    const inner = prepareSpec(spec.fields[names[i]]);
    const name = camel(names[i]);
    prepared.in[name] = { __proto__: null, name: names[i], spec: inner };
    prepared.out[names[i]] = { __proto__: null, name, spec: inner };
  }
  return prepared;
}

// A value from the border, with its declared fields under their script names.
function shape(value, spec) {
  if (spec === null || typeof value !== "object" || value === null) return value;
  if (isArray(value)) {
    if (spec.items !== null) for (let i = 0; i < value.length; i++) value[i] = shape(value[i], spec.items);
    return value;
  }
  if (spec.out === null) return value;
  const names = keys(value);
  const shaped = Bare();
  for (let i = 0; i < names.length; i++) {
    const field = spec.out[names[i]];
    if (field === undefined) shaped[names[i]] = value[names[i]];
    else shaped[field.name] = field.spec === null ? value[names[i]] : shape(value[names[i]], field.spec);
  }
  return setPrototypeOf(shaped, ObjectPrototype);
}

return { prepareSpec, shape };
