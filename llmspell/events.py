"""What a host tells about a run while it goes on, and at its end.

Named tuples, because they are made for every call and load eight times as fast as dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from llmspell.errors import LlmspellError, NotFoundError
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
    """A call was answered, after `seconds`; `error` is set when it failed."""

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
