"""Starts the worker of a run before the command line is read: both take as long as the other, on a core each.

What the arguments mean is guessed here. A wrong guess costs a process that is ended unused, never a wrong run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmspell.workers.child import Child

# The bridges know this, but loading them comes later; a test holds this equal to them.
DIALECTS = {".lua": "lua", ".js": "js", ".mjs": "js"}

_OTHER_WAYS = ("--isolation=inline", "inline", "--help", "-h")


class HeadStart:
    """A worker process that may be under way already, for a spell in `dialect`."""

    def __init__(self, dialect: str | None = None) -> None:
        self._dialect = dialect
        self._child = _started(dialect) if dialect else None

    def take(self, dialect: str) -> Child:
        """A worker process for that dialect: the one under way if it fits. The caller closes it."""
        if self._child is None or dialect != self._dialect:
            return _started(dialect)
        child, self._child = self._child, None
        return child

    def close(self) -> None:
        """End the worker if nobody took it."""
        if self._child is not None:
            self._child.close()
            self._child = None


def _started(dialect: str) -> Child:
    from llmspell.workers.child import start_worker  # loads sockets, which a run in this process does without

    return start_worker(dialect)


def head_start(args: Sequence[str]) -> HeadStart:
    """The head start for these arguments; none when they do not look like a run in a worker process."""
    return HeadStart(guess_dialect(args))


def guess_dialect(args: Sequence[str]) -> str | None:
    """The dialect that `args` will probably run in a worker process."""
    inline = os.environ.get("LLMSPELL_ISOLATION") == "inline"
    if inline or args[:1] != ["run"] or any(arg in _OTHER_WAYS for arg in args):
        return None
    for arg, following in zip(args, [*args[1:], ""], strict=True):
        if arg == "--lang":
            return following or None
        if arg.startswith("--lang="):
            return arg.removeprefix("--lang=") or None
    endings = (os.path.splitext(arg)[1] for arg in args[1:] if os.path.isfile(arg))
    return next((DIALECTS[ending] for ending in endings if ending in DIALECTS), None)
