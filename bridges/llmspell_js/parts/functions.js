// Script functions that were handed to the runtime, and how it calls them.

const functions = List(); // what the runtime may invoke, by number
const functionNumbers = pin(new $Map());

function functionNumber(fn) {
  let number = functionNumbers.get(fn);
  if (number === undefined) {
    number = functions.length;
    functionNumbers.set(fn, number);
  }
  functions[number] = { __proto__: null, fn, task: current };
  return number;
}

// The runtime calls a script function, on behalf of the task that handed it over.
async function invoke(id, number, args) {
  const known = functions[number];
  let answer;
  try {
    if (known === undefined) throw fault("not_found", `the script has no function ${number}`);
    if (isDead(known.task)) throw fault("spell", "the part of the script that this function belongs to was cancelled");
    current = known.task;
    const value = await apply(known.fn, undefined, parse(args));
    answer = `["Return",${id},${encode(value, null, false, "the value")}]`;
  } catch (error) {
    answer = `["Raise",${id},${parts.errors().describeError(error)}]`;
  }
  say(answer);
}

return { functionNumber, invoke };
