"""What a host tells about a run while it goes on, and at its end.

Named tuples, because they are made for every call and load eight times as fast as dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from llmspell.errors import ArgumentTypeError, CancelledError, LlmspellError, NotFoundError
from llmspell.values import Value

if TYPE_CHECKING:
    from llmspell.system.blobs import Blob
    from llmspell.usage import RunUsage


class Output(NamedTuple):
    """The spell printed or wrote text."""

    text: str


class Log(NamedTuple):
    """The spell logged a line; `level` is `debug`, `info`, `warn` or `error`."""

    level: str
    text: str


class CallStarted(NamedTuple):
    """The spell called the runtime."""

    id: int
    method: str


class CallEnded(NamedTuple):
    """A call was answered or cancelled, after `seconds`; `error` is set when it failed or was cancelled."""

    id: int
    method: str
    seconds: float
    error: LlmspellError | None = None


class Result(NamedTuple):
    """What a run came to.

    `value` is what the spell returned, `output` what it printed, `usage` the tokens and `cost` (US dollars, None
    when unknown) of its model calls, `calls` how many calls it made, `duration` seconds on the clock. `error` is
    set when it failed. `blobs` are the bytes behind the handles in `value`, with their media types, by id.
    """

    run_id: str
    value: Value
    output: str
    usage: RunUsage
    cost: float | None
    calls: int
    duration: float
    error: LlmspellError | None = None
    blobs: Mapping[str, Blob] = MappingProxyType({})

    def blob(self, handle: Mapping[str, object]) -> bytes:
        """The bytes that a handle in `value` stands for. Raises `NotFoundError` for any other handle."""
        blob = self.blobs.get(str(handle.get("blob")))
        if blob is None:
            raise NotFoundError("the result holds no such blob", hint="pass a handle that is in the value of the spell")
        return blob.data


class Ended(NamedTuple):
    """The run is over. Always the last event."""

    result: Result


Event: TypeAlias = Output | Log | CallStarted | CallEnded | Ended


class Listener:
    """Tells a program what happens in a run. One that raises is told nothing more, and `end` is called to end the run.

    `error` is what it raised. `KeyboardInterrupt` and the like pass through: they end more than a run.
    """

    def __init__(self, tell: Callable[[Event], object], end: Callable[[LlmspellError], None]) -> None:
        self.error: Exception | None = None
        self._tell = tell
        self._end = end

    def __call__(self, event: Event) -> None:
        if self.error is not None:
            return
        try:
            answer = self._tell(event)
            if hasattr(answer, "__await__"):
                if hasattr(answer, "close"):
                    answer.close()  # of what is never awaited, Python warns
                raise ArgumentTypeError("on_event must not be async: nobody awaits it", hint="use Host.stream")
        except Exception as error:  # noqa: BLE001  # whatever it is, the program gets it back
            self.error = error
            self._end(CancelledError(f"on_event raised {type(error).__name__}"))
