"""Streams up to their first token: until then a call can be made again elsewhere, and nobody has seen anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import NamedTuple

from llmspell.errors import ProviderError
from llmspell.providers.base import Event, Started


class Opened(NamedTuple):
    """A stream that has delivered its first token: what came so far, and the rest."""

    first: list[Event]
    rest: AsyncIterator[Event]

    async def events(self) -> AsyncIterator[Event]:
        """All events. Whoever leaves early closes the rest."""
        for event in self.first:
            yield event
        async for event in self.rest:
            yield event

    async def aclose(self) -> None:
        """Close the connection, wherever the reader stopped."""
        await close(self.rest)


async def opened(events: AsyncIterator[Event]) -> Opened:
    """Read up to the first event that tells more than that the request was accepted. Closes what fails.

    Raises what the stream does, and `ProviderError` when it ends before anything came.
    """
    first: list[Event] = []
    try:
        async for event in events:
            first.append(event)
            if not isinstance(event, Started):
                return Opened(first, events)
    except BaseException:
        await close(events)
        raise
    raise ProviderError("the answer ended before it began", retryable=True)


async def close(events: AsyncIterator[Event]) -> None:
    """Close a stream, if it can be closed."""
    aclose = getattr(events, "aclose", None)
    if aclose is not None:
        await aclose()


def credited(first: list[Event], provider: str, model: str) -> tuple[Started, list[Event]]:
    """The first events of a stream: who answers, and the others."""
    started = next((event for event in first if isinstance(event, Started)), Started())
    others: list[Event] = [event for event in first if not isinstance(event, Started)]
    return replace(started, provider=started.provider or provider, model=started.model or model), others


class Clock:
    """The time that is left for an answer; None for as long as it takes."""

    def __init__(self, seconds: float | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = None if seconds is None else self._loop.time() + seconds

    @property
    def left(self) -> float | None:
        """Seconds, never below 0."""
        return None if self._end is None else max(0.0, self._end - self._loop.time())
