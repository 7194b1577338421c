"""The border: the messages between a spell and the runtime, and the state machine that speaks them.

A script never calls Python and never holds a Python object. An `Interpreter` does no I/O: it takes messages
and gives messages, and between two slices it is at rest. What crosses is JSON (see `values`); a script
function in an argument crosses as `{"$function": n}` and the runtime calls it with `Invoke`.

Rules that both sides keep:

- The script numbers its calls; a number is never used twice in a run. Each `Call` is answered by exactly one
  `Resolve` or `Reject`, unless the script sent `Cancel` for it; an answer that comes later is ignored.
- A call that opens a stream is resolved at once; its number then names the stream: the call `next` with
  `{"stream": n}` gives `{"items": [...], "done": bool}`, and `Cancel(n)` closes it at any time.
- The runtime numbers its `Invoke`s; each is answered by exactly one `Return` or `Raise`.
- `Done` or `Failed` is the last message of a run. Calls still open then are cancelled by the runtime.
- `Abort` ends the run: the answer is `Failed` with that error, and no script code runs any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from llmspell.errors import ErrorData
from llmspell.values import Value


class Call(NamedTuple):
    """The script calls `method` of the runtime, with named arguments."""

    id: int
    method: str
    args: dict[str, Value]


class Cancel(NamedTuple):
    """The script no longer wants the answer of a call, or the stream that it opened."""

    id: int


class Return(NamedTuple):
    """A script function that was invoked gave a value."""

    id: int
    value: Value


class Raise(NamedTuple):
    """A script function that was invoked threw."""

    id: int
    error: ErrorData


class Print(NamedTuple):
    """Output: `stream` is `stdout`, or a log level: `debug`, `info`, `warn`, `error`."""

    stream: str
    text: str


class Done(NamedTuple):
    """The spell ended with this value."""

    value: Value


class Failed(NamedTuple):
    """The spell ended with this error."""

    error: ErrorData


class Resolve(NamedTuple):
    """A call succeeded."""

    id: int
    value: Value


class Reject(NamedTuple):
    """A call failed; the script can catch the error."""

    id: int
    error: ErrorData


class Invoke(NamedTuple):
    """The runtime calls a function that the script handed over."""

    id: int
    function: int
    args: list[Value]


class Abort(NamedTuple):
    """The run is over, by a limit or by cancellation; the script cannot catch it."""

    error: ErrorData


FromSpell: TypeAlias = Call | Cancel | Return | Raise | Print | Done | Failed
ToSpell: TypeAlias = Resolve | Reject | Invoke | Abort


class EngineLimits(NamedTuple):
    """What an interpreter enforces itself."""

    memory: int = 64 * 1024 * 1024
    """Bytes of script heap."""
    cpu: float = 10.0
    """Seconds of processor time in one slice."""
    max_calls: int = 10_000
    """Calls in the whole run."""
    max_output: int = 10 * 1024 * 1024
    """Bytes of output in the whole run."""


class SpellSource(NamedTuple):
    """All an interpreter needs to start a spell."""

    name: str
    """The file as the user named it; errors and stacks show it."""
    source: str
    params: Value = None
    seed: int = 0
    """Where the script's randomness starts (53 bits)."""
    now: float = 0.0
    """The time during the first slice, in seconds since 1970."""
    run_id: str = ""
    limits: EngineLimits = EngineLimits()


class Problem(NamedTuple):
    """What `Bridge.check` found in a source; lines and columns count from 1."""

    line: int
    column: int
    message: str
    severity: str = "error"
    """`error` for what cannot run, `warning` for what is probably a mistake."""


class Interpreter(Protocol):
    """One script in one interpreter, as a state machine without I/O.

    No method raises for anything a script does: a failing script is a `Failed` message. `now` is the time
    that the script sees during this slice.
    """

    def start(self, spell: SpellSource) -> list[FromSpell]:
        """Run the first slice: until the script waits for an answer or ends."""
        ...

    def feed(self, messages: Sequence[ToSpell], now: float) -> list[FromSpell]:
        """Deliver answers and run the next slice."""
        ...

    def close(self) -> None:
        """Free the interpreter. Safe to call twice, and while calls are open."""
        ...


class Bridge(Protocol):
    """A scripting language, found through the entry point group `llmspell.bridges`.

    It may have a method `preload(source: str | None) -> None` too, for a bridge that loads more for some spells than
    `interpreter` does: it loads what that source needs, or with None what any may. A worker process can open no file
    once it is sealed, which is after `preload` where there is one, and after `interpreter` elsewhere.
    """

    language: str
    """Its name for `--lang`."""
    suffixes: tuple[str, ...]
    """The files it runs, such as `.lua`."""
    dialects: dict[str, bool]
    """Its names for `--lang`, each with whether it keeps the engine limits without a worker process."""

    def interpreter(self, dialect: str) -> Interpreter:
        """A fresh interpreter, ready for `start`."""
        ...

    def check(self, source: str, name: str) -> list[Problem]:
        """Syntax errors and unknown globals, found without running anything."""
        ...
