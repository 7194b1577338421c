// Timers, on the call `sleep`.

// A callback of the script that nobody waits for: what it throws ends the run.
function callBack(fn, args) {
  try {
    apply(fn, undefined, args);
  } catch (error) {
    fail(error);
  }
}

function needFunction(fn, what) {
  if (typeof fn !== "function") throw new $TypeError(`${what} takes a function, not ${show(fn)}`);
}

function seconds(milliseconds) {
  const number = +milliseconds;
  return number > 0 ? number / 1000 : 0;
}

const intervals = pin(new $Map()); // the first call of an interval -> the one under way

function setTimeout(fn, milliseconds, ...args) {
  needFunction(fn, "setTimeout");
  return startTimer(seconds(milliseconds), fail, () => callBack(fn, args));
}

function setInterval(fn, milliseconds, ...args) {
  needFunction(fn, "setInterval");
  const tick = () => {
    intervals.set(first, startTimer(seconds(milliseconds), fail, tick));
    callBack(fn, args);
  };
  const first = startTimer(seconds(milliseconds), fail, tick);
  intervals.set(first, first);
  return first;
}

function clearTimer(timer) {
  drop(intervals.get(timer) ?? timer);
  intervals.delete(timer);
}

function queueMicrotask(fn) {
  needFunction(fn, "queueMicrotask");
  enqueue(() => callBack(fn, []));
}

return { setTimeout, setInterval, clearTimeout: clearTimer, clearInterval: clearTimer, queueMicrotask, seconds };
