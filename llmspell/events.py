"""What a host tells about a run while it goes on, and at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from llmspell.errors import LlmspellError
from llmspell.values import Value

if TYPE_CHECKING:
    from llmspell.scriptable.context import RunUsage


@dataclass(frozen=True, slots=True)
class Output:
    """The spell printed or wrote text."""

    text: str


@dataclass(frozen=True, slots=True)
class Log:
    """The spell logged a line; `level` is `debug`, `info`, `warn` or `error`."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The spell called the runtime."""

    id: int
    method: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call was answered, after `seconds`; `error` is set when it failed."""

    id: int
    method: str
    seconds: float
    error: LlmspellError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to.

    `value` is what the spell returned, `output` what it printed, `usage` the tokens and `cost` (US dollars, None
    when unknown) of its model calls, `calls` how many calls it made, `duration` seconds on the clock. `error` is
    set when it failed.
    """

    run_id: str
    value: Value
    output: str
    usage: RunUsage
    cost: float | None
    calls: int
    duration: float
    error: LlmspellError | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over. Always the last event."""

    result: Result


Event: TypeAlias = Output | Log | CallStarted | CallEnded | Ended
