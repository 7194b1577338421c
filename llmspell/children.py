"""The spells that a run starts itself: how many there may be, how much each is left, and what their ends come to."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmspell.border import Done
from llmspell.errors import UNCATCHABLE, LimitError, LlmspellError, SpellError, TimeoutExceededError, from_data
from llmspell.events import Event, Log, Output
from llmspell.session import OUTPUT_LIMIT
from llmspell.spell import find_spell

if TYPE_CHECKING:
    from llmspell.limits import Limits
    from llmspell.part import Part
    from llmspell.runs import Run

MAX_DEPTH = 16
"""Spells that run one inside the other."""
MAX_CHILDREN = 16
"""Spells that one spell runs at once; more of them wait."""
MAX_FAMILY = 64
"""Spells at once that come from one run, on all levels."""


class Children:
    """The spells that one run starts; `above` are those that it is one of itself."""

    def __init__(self, run: Run, above: Children | None) -> None:
        self._run = run
        self.depth: int = 1 if above is None else above.depth + 1
        self.family: list[int] = [0] if above is None else above.family  # one count for the whole tree
        self._turns = asyncio.Semaphore(MAX_CHILDREN)
        self._started = 0

    async def run(self, name: str, params: Any, part: Part) -> Any:
        """Run the spell of that name to its end, and give its value. Raises its error."""
        if self.depth >= MAX_DEPTH:
            hint = "does a spell run itself, in a circle?"
            raise self._exceeded(f"limit of {MAX_DEPTH} spells inside each other exceeded", hint)
        spell = find_spell(self._run.spell, name)
        async with self._turn():
            self._started += 1
            seed = _derived(self._run.seed, self._started)
            limits = self._limits_of(part)
            child = self._run.child(spell, params, part, limits, seed, lambda event: self._hear(child, event))
            try:
                return await self._outcome(child)
            finally:
                child.release()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait until the run may have one spell more."""
        async with self._turns:
            with self.one_more():
                yield

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a worker that the run has beside its own. Ends the run when it has too many."""
        if self.family[0] >= MAX_FAMILY:  # waiting could be for ever: all of them may wait for their own
            hint = "run fewer in parallel, on each level"
            raise self._exceeded(f"limit of {MAX_FAMILY} spells at once exceeded", hint)
        self.family[0] += 1
        try:
            yield
        finally:
            self.family[0] -= 1

    def _exceeded(self, message: str, hint: str) -> LimitError:
        error = LimitError(message, hint=hint)
        self._run.session.abort(error)
        return error

    def _limits_of(self, part: Part) -> Limits:
        own, deadline = self._run.limits, self._run.deadline
        return replace(
            own,
            timeout=_least(part.timeout, None if deadline is None else max(deadline.left, 1e-3)),
            max_output=max(min(own.max_output, self._run.session.room), 1),
            max_cost=_least(part.max_cost, own.max_cost),
            max_tokens=_least(part.max_tokens, own.max_tokens),
            max_calls=min(part.max_calls or own.max_calls, own.max_calls),
        )

    def _hear(self, child: Run, event: Event) -> None:
        session = self._run.session
        match event:
            case Output(text):
                session.pass_on("stdout", text)
            case Log(level, text):
                session.pass_on(level, text)
        if session.aborting is not None:  # it printed too much
            child.session.abort(session.aborting)

    async def _outcome(self, child: Run) -> Any:
        await child.drive()
        run, ended = self._run, child.session.ended
        if isinstance(ended, Done):
            if child.held is not None:
                run.blobs.take(ended.value, child.held)
            return ended.value
        assert ended is not None  # noqa: S101  # the driver returns at the end only
        error = from_data(ended.error)
        if error.file is not None and error.file in child.sources:
            run.sources.setdefault(error.file, child.sources[error.file])
        if error.kind == LimitError.kind and error.message.startswith(OUTPUT_LIMIT):
            run.session.overflow()  # what it may print is what is left here
        raise error if error.kind not in UNCATCHABLE or run.budget.exceeded else _caught(child, error)


def _caught(child: Run, error: LlmspellError) -> LlmspellError:
    """A limit of the child alone, as its parent may catch it."""
    late = child.deadline is not None and child.deadline.left <= 0
    data = error.to_data() | {"message": f"{child.spell.name}: {error.message}", "data": {"kind": error.kind}}
    return from_data(data | {"kind": TimeoutExceededError.kind if late else SpellError.kind})


def _least(one: Any, two: Any) -> Any:
    """The smaller one, where None is no bound."""
    return min((each for each in (one, two) if each is not None), default=None)


def _derived(seed: int, number: int) -> int:
    """Where the randomness of the spell starts that a spell runs as its so-manieth."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:6], "big")
