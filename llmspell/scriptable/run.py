"""What scripts see of the run itself: `spell`, `stdin`, `sleep`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypedDict

from llmspell.errors import InvalidValueError
from llmspell.functions import refuse_functions
from llmspell.scriptable.context import Part, RunContext
from llmspell.scriptable.shapes import YEAR, Bounds

if TYPE_CHECKING:
    from llmspell.permissions import Permissions

Dollars: TypeAlias = Annotated[float, Bounds(above=0, at_most=1e12)]
Duration: TypeAlias = Annotated[float, Bounds(above=0, at_most=YEAR)]
Amount: TypeAlias = Annotated[int, Bounds(at_least=1, at_most=2**53)]
Pause: TypeAlias = Annotated[float, Bounds(at_least=0, at_most=YEAR)]
_MOST_RULES = 100


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


class PermissionRules(TypedDict, total=False):
    """What something may do, written as under `[permissions]` in the settings. What is left out is not allowed, but
    for models and tools, of which it may use all then. Nobody can allow more than the spell may do itself.
    """

    read: list[str]
    """Files and folders that it may read, with all below; paths begin where the program was started."""
    write: list[str]
    """Files and folders that it may write, make and remove."""
    net: list[str]
    """Hosts that it may talk to."""
    env: list[str]
    """Variables of the environment that it may read."""
    run: list[str]
    """Programs that it may run."""
    models: list[str]
    """Models that it may use."""
    tools: list[str]
    """Tools that it may call."""


class SpellOptions(TypedDict, total=False):
    """How another spell is run: with no more than the rights, limits and budget of this one, and less if told so."""

    permissions: PermissionRules
    """What it may do; all that this spell may do, if absent."""
    model: str
    """What `llm()` means there; the same as here, if absent."""
    max_cost: Dollars
    """US dollars for its models."""
    max_tokens: Amount
    """Tokens of prompts and answers together."""
    max_calls: Amount
    """Calls to the runtime."""
    timeout: Duration
    """Seconds that it may take."""


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

    async def run(self, file: str, params: Any = None, options: SpellOptions | None = None) -> Any:
        """Run another spell of the same folder, in any language, and give what it returns.

        The file is looked for as a module is; its ending may be left out. It runs by itself, sees nothing of this one
        but its `params`, and what it prints appears here. Its error is thrown here, with its file and line. One of
        its own limits, if they are less than what is left here, is an error of the kind `timeout`, or else `spell`
        with `data.kind` `limit`. At most 16 run at once, and one inside the other.
        """
        given: SpellOptions = options or {}
        refuse_functions(params, "run: params")
        granted = given.get("permissions")
        part = Part(
            permissions=None if granted is None else rights(granted, "run: options.permissions"),
            model=given.get("model"),
            max_cost=given.get("max_cost"),
            max_tokens=given.get("max_tokens"),
            max_calls=given.get("max_calls"),
            timeout=given.get("timeout"),
        )
        return await self._context.run_spell(file, params, part)

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


def rights(written: PermissionRules, where: str) -> Permissions:
    """The permissions that a script wrote. Raises `InvalidValueError` that names the place."""
    from llmspell import grants  # few spells narrow what others may do
    from llmspell.permissions import KEYS, Permissions

    for key, rules in written.items():
        if isinstance(rules, list) and len(rules) > _MOST_RULES:
            raise InvalidValueError(f"{where}.{key} has {len(rules)} rules; a script may write {_MOST_RULES}")
    kinds: dict[str, Any] = {key: kind for kind, key in KEYS.items()}
    read = {key: grants.rules(kinds[key], rules, f"{where}.{key}") for key, rules in written.items()}
    return Permissions(**read)


def load_module(context: RunContext, specifier: str, importer: str) -> dict[str, str]:
    """The source of a module of the spell's own folder."""
    return dict(context.load_module(specifier, importer))
