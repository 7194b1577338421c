"""The limits of a run."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, fields
from typing import NamedTuple

from llmspell.border import EngineLimits
from llmspell.errors import InvalidValueError, LimitError

_WHOLE = frozenset({"memory", "max_calls", "max_output", "max_tokens"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one run; passing one ends it with an error of kind `limit`, which no script can catch.

    `memory` is the script's heap in bytes, `cpu` the processor time of one slice in seconds (a slice runs from
    one answer to the next wait), `timeout` the wall-clock time of the whole run in seconds (None: unbounded),
    `max_output` the bytes printed. What follows counts for the run with everything that it starts: `max_calls` are
    the calls to the runtime, `max_cost` is the price of its models in US dollars, `max_tokens` are those of all
    prompts and answers (None: unbounded).
    """

    memory: int = EngineLimits().memory
    cpu: float = EngineLimits().cpu
    timeout: float | None = None
    max_calls: int = EngineLimits().max_calls
    max_output: int = EngineLimits().max_output
    max_cost: float | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
                raise InvalidValueError(f"limit {field.name} must be a number above 0, not {value!r}")
            if field.name in _WHOLE:
                if value != int(value):
                    raise InvalidValueError(f"limit {field.name} must be a whole number, not {value!r}")
                object.__setattr__(self, field.name, int(value))

    @property
    def engine(self) -> EngineLimits:
        """The part that the interpreter enforces itself."""
        return EngineLimits(self.memory, self.cpu, self.max_calls, self.max_output)

    def deadline(self) -> Deadline | None:
        """When a run that starts now has to be over; None when it may take for ever."""
        return None if self.timeout is None else Deadline(time.monotonic() + self.timeout, self.timeout)


class Deadline(NamedTuple):
    """The end of a run's time: `at` by `time.monotonic`, after `seconds` in all."""

    at: float
    seconds: float

    @property
    def left(self) -> float:
        """The seconds that are left, never below 0."""
        return max(self.at - time.monotonic(), 0.0)

    def error(self) -> LimitError:
        """What ends a run that is not over by then."""
        return LimitError(f"time limit of {self.seconds:g} s exceeded", hint=allow_more("timeout"))


_FOUND = {"memory limit": "memory", "CPU limit": "cpu", "output limit": "max_output", "limit of": "max_calls"}
"""How messages of interpreters begin, and the limit that each means."""


def allow_more(limit: str) -> str:
    """The hint for a limit, by its name in `Limits`, that was exceeded."""
    return f"allow more with --{limit.replace('_', '-')} or Limits({limit}=...)"


def hint_for(message: str) -> str | None:
    """The hint for a limit that an interpreter has found exceeded: it knows nothing of flags."""
    return next((allow_more(limit) for start, limit in _FOUND.items() if message.startswith(start)), None)
