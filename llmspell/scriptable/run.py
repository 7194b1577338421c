"""What scripts see of the run itself: `spell`, `stdin`, `sleep`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, TypeAlias, TypedDict

from llmspell.scriptable.context import RunContext
from llmspell.scriptable.shapes import YEAR, Bounds

Pause: TypeAlias = Annotated[float, Bounds(at_least=0, at_most=YEAR)]


class RunCost(TypedDict):
    """What the run has used so far."""

    calls: int
    """Calls to models."""
    input_tokens: int
    """Tokens of all prompts; those that a provider did not report are not in the sum."""
    output_tokens: int
    """Tokens of all answers, likewise."""
    cost: float | None
    """The price in US dollars; null once any part of it is unknown."""


class RunBudget(TypedDict):
    """What the run has spent with everything that it started, and what is left; null where nothing bounds it."""

    cost: float | None
    """US dollars; null once the price of any call is unknown."""
    max_cost: float | None
    """The limit of the run itself; what it is a part of may leave less."""
    cost_left: float | None
    """US dollars that a call may cost now: what calls under way may come to is taken off."""
    tokens: int
    """Tokens of prompts and answers, estimated where a provider did not report them and the run is bounded."""
    max_tokens: int | None
    """As `max_cost`."""
    tokens_left: int | None
    """As `cost_left`."""
    calls: int
    """Calls to the runtime."""
    max_calls: int
    """As `max_cost`."""
    calls_left: int
    """Calls to the runtime that are left."""


class RunLimits(TypedDict):
    """The limits of the run; null means unlimited."""

    memory: int
    """Bytes of the script's heap."""
    cpu: float
    """Seconds of processor time from one answer to the next wait."""
    timeout: float | None
    """Seconds of the whole run."""
    max_calls: int
    """Calls to the runtime, of the run and everything that it starts."""
    max_output: int
    """Bytes printed."""
    max_cost: float | None
    """US dollars for models, likewise."""
    max_tokens: int | None
    """Tokens of prompts and answers together, likewise."""


async def sleep(context: RunContext, seconds: Pause) -> None:  # noqa: ARG001  # every bridge object is given the run
    """Wait for that many seconds."""
    import asyncio  # a spell that never waits does without

    await asyncio.sleep(seconds)


class ScriptableInput:
    """The standard input of the run."""

    def __init__(self, context: RunContext) -> None:
        self._input = context.stdin

    async def read(self) -> str:
        """All that is left of the input, as text."""
        return await self._input.read()

    def lines(self) -> AsyncIterator[str]:
        """The lines that are left, one by one, without their line ends."""
        return self._input.lines()


class ScriptableSpell:
    """The run of this spell."""

    name: str
    """The file of the spell, as it was named."""
    run_id: str
    """The id of this run."""
    language: str
    """The language that it is written in."""

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def usage(self) -> RunCost:
        """The calls to models so far, their tokens and their price."""
        usage = self._context.usage
        return {
            "calls": usage.calls,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost": usage.cost,
        }

    def limits(self) -> RunLimits:
        """The limits of this run."""
        limits = self._context.limits
        return {
            "memory": limits.memory,
            "cpu": limits.cpu,
            "timeout": limits.timeout,
            "max_calls": limits.max_calls,
            "max_output": limits.max_output,
            "max_cost": limits.max_cost,
            "max_tokens": limits.max_tokens,
        }

    def budget(self) -> RunBudget:
        """What this run and everything that it started has spent, and what is left."""
        budget, limits = self._context.budget, self._context.limits
        left = budget.left
        calls_left = budget.calls_left
        return {
            "cost": budget.cost if budget.priced else None,
            "max_cost": limits.max_cost,
            "cost_left": None if left.cost == float("inf") else left.cost,
            "tokens": budget.tokens,
            "max_tokens": limits.max_tokens,
            "tokens_left": None if left.tokens == float("inf") else int(left.tokens),
            "calls": budget.calls,
            "max_calls": limits.max_calls,
            "calls_left": 0 if calls_left is None else calls_left,
        }


def load_module(context: RunContext, specifier: str, importer: str) -> dict[str, str]:
    """The source of a module of the spell's own folder."""
    return dict(context.load_module(specifier, importer))
