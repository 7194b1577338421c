"""Runs of code that models write: spells that reach the tools of their agent and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from llmspell.border import Failed
from llmspell.budget import Budget
from llmspell.errors import NotFoundError, PermissionDeniedError, from_data
from llmspell.events import Event, Log, Output
from llmspell.limits import Limits
from llmspell.permissions import Permissions
from llmspell.runs import Run
from llmspell.session import Session
from llmspell.spell import Spell

if TYPE_CHECKING:
    from llmspell.agents.tools import BaseTool
    from llmspell.errors import LlmspellError
    from llmspell.host import Host
    from llmspell.scriptable.objects import Method

_NAME = "code"
_REACHED = frozenset({"module", "sleep", "tools.call"})


class CodeRun(Run):
    """A session; see `llmspell.agents.code.runner`."""

    def __init__(
        self,
        host: Host,
        spell: Spell,
        *,
        tools: Mapping[str, BaseTool],
        pieces: Mapping[str, str],
        limits: Limits,
        budget: Budget | None,
        seed: int,
        show: Callable[[str], None],
    ) -> None:
        def on_event(event: Event) -> None:
            if isinstance(event, Output):
                show(event.text)
            elif isinstance(event, Log):
                show(f"{event.text}\n")

        nothing = Permissions(models=())
        bounds = replace(limits, timeout=None)  # it counts for each piece of code
        super().__init__(host, spell, None, None, bounds, nothing, "process", "", seed, on_event, budget)
        self._own_tools = tools
        self._pieces = pieces
        self.session = Session(_reached, self, bounds, on_event, self.sources, self.budget)

    @property
    def tools(self) -> Mapping[str, BaseTool]:
        return self._own_tools

    def load_module(self, specifier: str, importer: str) -> dict[str, str]:  # noqa: ARG002  # only pieces, by name
        if (source := self._pieces.get(specifier)) is None:
            raise NotFoundError(f"there is no module {specifier[:64]!r}", hint="code has no modules: use the tools")
        return {"name": specifier, "source": source, "chunk": "yes"}

    async def ended(self) -> LlmspellError | None:
        """Drive it to its end; what ended it."""
        await self.drive()
        over = self.session.ended
        return from_data(over.error) if isinstance(over, Failed) else None


def _reached(name: str) -> Method | None:
    if name not in _REACHED:
        raise PermissionDeniedError(f"code may not use {name[:40]}", hint="it reaches its tools and nothing else")
    from llmspell.scriptable.objects import method  # as in runs

    return method(name)


class Runner:
    """A `CodeRunner` in the workers of a host, or for a run of one of its spells: within its limits, and counted."""

    def __init__(self, host: Host, serves: Run | None = None) -> None:
        self._host = host
        self._serves = serves

    def within(self, run: Run) -> Runner:
        """The same for a run."""
        return Runner(self._host, run)

    def __call__(
        self,
        language: str,
        source: str,
        *,
        tools: Mapping[str, BaseTool],
        pieces: Mapping[str, str],
        limits: Limits,
        budget: Budget | None,
        seed: int,
        show: Callable[[str], None],
    ) -> CodeSession:
        """A session that runs `source`; see `llmspell.agents.code.runner.CodeRunner`."""
        spell = Spell(source=source, language=language, name=_NAME)
        bounds = limits if self._serves is None else _least(limits, self._serves.limits)
        run = CodeRun(self._host, spell, tools=tools, pieces=pieces, limits=bounds, budget=budget, seed=seed, show=show)
        return CodeSession(run, self._serves)


class CodeSession:
    """A session in a worker of a host."""

    def __init__(self, run: CodeRun, serves: Run | None) -> None:
        self._run = run
        self._serves = serves

    async def drive(self) -> LlmspellError | None:
        """Run it to its end."""
        if self._serves is None:
            return await self._run.ended()
        with self._serves.children.one_more():
            return await self._run.ended()


def _least(limits: Limits, most: Limits) -> Limits:
    """These limits, where they do not allow more than those of the spell that the code serves."""
    fields = ("memory", "cpu", "max_calls", "max_output")
    return replace(limits, **{name: min(getattr(limits, name), getattr(most, name)) for name in fields})
