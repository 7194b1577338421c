"""How far an agent may go in one run, and the words for how a run ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from llmspell.errors import InvalidValueError

EndReason: TypeAlias = Literal[
    "done",
    "length",
    "empty",
    "refused",
    "invalid_output",
    "max_turns",
    "max_tool_calls",
    "max_tokens",
    "max_cost",
    "stopped",
    "paused",
    "error",
]
"""Why a run ended.

    done            the model answered
    length          its answer was cut at the most tokens that it may have
    empty           it answered nothing, twice
    refused         it, or its provider, would not answer
    invalid_output  it never gave what the schema asks for
    max_...         that limit was reached
    stopped         a hook or a tool ended it
    paused          calls wait to be approved: the run can go on from its `state`
    error           something failed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLimits:
    """Bounds of one run of an agent; None is no bound of its own.

    `max_turns` counts calls of the model, `max_tool_calls` the calls of tools that it asks for, `max_tokens` those of
    prompts and answers together, `max_cost` US dollars; what agents that it uses as tools spend counts too.
    `max_repairs` is how often an answer that does not fit its schema is sent back.
    """

    max_turns: int = 20
    max_tool_calls: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    max_repairs: int = 2

    def __post_init__(self) -> None:
        _check("max_turns", self.max_turns, 1)
        _check("max_repairs", self.max_repairs, 0)
        for name in ("max_tool_calls", "max_tokens", "max_cost"):
            if getattr(self, name) is not None:
                _check(name, getattr(self, name), 0, whole=name != "max_cost")


def _check(name: str, value: Any, least: int, *, whole: bool = True) -> None:
    right = isinstance(value, int) or (not whole and isinstance(value, float))
    if not right or isinstance(value, bool) or not value >= least:
        kind = "a whole number" if whole else "a number"
        raise InvalidValueError(f"{name} must be {kind} of at least {least}, not {value!r:.40}")
