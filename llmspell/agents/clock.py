"""How long a run of an agent works, and the end of its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import TypeVar

from llmspell.agents.run import AgentRun

_T = TypeVar("_T")


class OutOfTimeError(Exception):
    """The run may not work any longer."""


class Clock:
    """Counts the seconds of a run while its next event is awaited, up to the timeout among its limits.

    What whoever reads the events does between them is not counted, nor what happens while it is `stopped`.
    """

    def __init__(self, run: AgentRun) -> None:
        self._run = run
        self._most = run.limits.timeout
        self._began = 0.0
        self._timer: asyncio.Timeout | None = None

    async def next(self, events: AsyncGenerator[_T, None]) -> _T | None:
        """The next event; None after the last one. Raises `OutOfTimeError`, and then nothing is under way any more."""
        self._began = _now()
        try:
            async with asyncio.timeout_at(self._end()) as self._timer:
                return await anext(events, None)
        except TimeoutError:
            if self._timer is None or not self._timer.expired():
                raise
            raise OutOfTimeError from None
        finally:
            self._count()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Somebody else takes the time."""
        self._count()
        if self._timer is not None:
            self._timer.reschedule(None)
        try:
            yield
        finally:
            self._began = _now()
            if self._timer is not None:
                self._timer.reschedule(self._end())

    def _end(self) -> float | None:
        return None if self._most is None else self._began + max(self._most - self._run.seconds, 0.0)

    def _count(self) -> None:
        self._run.seconds += _now() - self._began
        self._began = _now()


def _now() -> float:
    return asyncio.get_running_loop().time()
