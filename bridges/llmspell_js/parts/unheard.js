// What the log is told at the end of a spell: which of its work was lost because nobody awaited it.

const MOST = 5; // lines

// Of a spell that `failed`, only what nobody has looked at: the failure of one call leaves others open.
function tell(failed) {
  const lines = List();
  for (let i = 0; i < unheard.length; i++) {
    const { made, error } = unheard[i];
    if (!made.heard) lines[lines.length] = `${describe(made)} was not awaited, and failed: ${messageOf(error)}`;
  }
  mapEach(pending, ({ made, task }) => {
    if (made === undefined || isDead(task) || (made.heard ? failed : made.stream)) return;
    if (made.heard && made.name === "sleep") return; // how a race by hand is given an end
    lines[lines.length] = made.heard
      ? `${describe(made)} had no answer yet when the spell ended: await what waits for it`
      : `${describe(made)} was not awaited, and had no answer yet when the spell ended`;
  });
  for (let i = 0; i < min(lines.length, MOST); i++) warn(lines[i]);
  if (lines.length > MOST) warn(`and ${lines.length - MOST} more that were not awaited`);
}

function warn(text) {
  if (!exceeded) emit("warn", text);
}

function describe({ name, at }) {
  const { file, line } = parts.errors().placeOf(at);
  return file === undefined ? name : `${name} (${file}:${line})`;
}

function messageOf(error) {
  return typeof error === "object" && error !== null && typeof error.message === "string" ? error.message : show(error);
}

return { tell };
