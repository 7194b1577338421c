"""The limits of a run."""

from __future__ import annotations

from dataclasses import dataclass

from llmspell.border import EngineLimits
from llmspell.errors import InvalidValueError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one run; passing one ends it with an error of kind `limit`, which no script can catch.

    `memory` is the script's heap in bytes, `cpu` the processor time of one slice in seconds (a slice runs from
    one answer to the next wait), `timeout` the wall-clock time of the whole run in seconds (None: unbounded),
    `max_calls` the calls to the runtime, `max_output` the bytes printed.
    """

    memory: int = EngineLimits().memory
    cpu: float = EngineLimits().cpu
    timeout: float | None = None
    max_calls: int = EngineLimits().max_calls
    max_output: int = EngineLimits().max_output

    def __post_init__(self) -> None:
        for name in ("memory", "cpu", "timeout", "max_calls", "max_output"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0):
                raise InvalidValueError(f"limit {name} must be a number above 0, not {value!r}")

    @property
    def engine(self) -> EngineLimits:
        """The part that the interpreter enforces itself."""
        return EngineLimits(self.memory, self.cpu, self.max_calls, self.max_output)
