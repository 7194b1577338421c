// Tasks: which part of the script a call belongs to. One task is current at a time: the door sets it to the task
// of the call that it answers, runs everything that follows from the answer, and only then goes on. Whatever has
// to continue another task waits in `turns` until then.

const root = { __proto__: null, parent: null, cancelled: false };
let current = root;
let turns = List();
let nextTurn = 0;

function isDead(task) {
  for (let each = task; each !== null; each = each.parent) if (each.cancelled) return true;
  return false;
}

function later(task, run) {
  turns[turns.length] = { __proto__: null, task, run };
}

// Runs the next turn of a task that still lives; says whether there was one.
function takeTurn() {
  while (nextTurn < turns.length) {
    const turn = turns[nextTurn++];
    if (isDead(turn.task)) continue;
    current = turn.task;
    turn.run();
    return true;
  }
  if (nextTurn > 0) {
    turns = List();
    nextTurn = 0;
  }
  return false;
}

async function whenSettled(given, parent, ended) {
  let value;
  let failed = false;
  try {
    value = await given;
  } catch (error) {
    value = error;
    failed = true;
  }
  later(parent, () => ended(failed, value));
}

function put(list, index, value) {
  defineProperty(list, index, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}
