"""How far an agent may go in one run, and the words for how a run ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from llmspell.agents.numbers import check_amount, check_seconds, check_whole

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
    "timeout",
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
    timeout         it took longer than it may
    stopped         a hook or a tool ended it
    paused          calls wait to be approved: the run can go on from its `state`
    error           something failed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLimits:
    """Bounds of one run of an agent; None is no bound of its own.

    `max_turns` counts calls of the model, `max_tool_calls` the calls of tools that it asks for, `max_tokens` those of
    prompts and answers together, `max_cost` US dollars; what agents that it uses as tools spend counts too.
    `max_repairs` is how often an answer that does not fit its schema is sent back. `timeout` is in seconds: of models,
    tools and hooks, before and after a pause, but not of those who approve, or who read a stream.
    """

    max_turns: int = 20
    max_tool_calls: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    max_repairs: int = 2
    timeout: float | None = None

    def __post_init__(self) -> None:
        check_whole("max_turns", self.max_turns, 1)
        check_whole("max_repairs", self.max_repairs, 0)
        for name in ("max_tool_calls", "max_tokens"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), 0)
        if self.max_cost is not None:
            check_amount("max_cost", self.max_cost)
        check_seconds("timeout", self.timeout)
