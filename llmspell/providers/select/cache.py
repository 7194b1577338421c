"""Answers that are remembered: the same request to the same model gets the same answer again, at once and for free."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import asdict, replace
from typing import Any, cast

from llmspell.providers.accumulator import Accumulator
from llmspell.providers.base import Event, LLMProvider, Request, Response, Started, Usage
from llmspell.providers.select import replay
from llmspell.providers.select.answers import Answers
from llmspell.providers.select.loads import Loads
from llmspell.providers.select.selection import Models, Selection
from llmspell.providers.select.wrapped import Wrapped

_FORMAT = 1


class Cached(Wrapped):
    """`provider`, with its answers kept in `answers` and given again for `max_age` seconds (for ever if None).

    A request is the same if all of it is, but for its timeout. What is kept are whole answers alone: neither errors nor
    streams that were left early. An answer from the cache is marked as `cached` and costs 0. Embeddings are not kept.
    """

    def __init__(self, provider: LLMProvider, answers: Answers, max_age: float | None = None) -> None:
        super().__init__(provider)
        self._answers = answers
        self._max_age = max_age

    async def complete(self, request: Request) -> Response:
        key = self._key(request)
        if (known := await self._known(key, request.model)) is not None:
            accumulator = Accumulator(request.model)
            for event in known:
                accumulator.add(event)
            return accumulator.response()
        response = await self._provider.complete(request)
        await self._keep(key, list(replay.events_of(response)))
        return response

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        key = self._key(request)
        if (known := await self._known(key, request.model)) is not None:
            for event in known:
                yield event
            return
        seen: list[Event] = []
        whole = Accumulator(request.model)
        async with aclosing(cast(Any, self._provider.stream(request))) as events:
            async for event in events:
                seen.append(event)
                whole.add(event)
                yield event
        whole.response()  # what does not add up to an answer is an error, and not kept
        await self._keep(key, seen)

    def _key(self, request: Request) -> bytes:
        asked = asdict(replace(request, timeout=None))
        whom = (self.identity, self.version(request.model))
        text = json.dumps([_FORMAT, whom, asked], sort_keys=True, default=_hashed)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

    async def _known(self, key: bytes, model: str) -> list[Event] | None:
        text = await asyncio.to_thread(self._answers.get, key, self._max_age)
        with suppress(ValueError, KeyError, TypeError):  # a damaged entry is none
            return None if text is None else _again(replay.loads(text), model)
        return None

    async def _keep(self, key: bytes, events: list[Event]) -> None:
        await asyncio.to_thread(self._answers.put, key, replay.dumps(events))


class CachedModels:
    """The models of a registry, each with its answers remembered, those that a selection chooses among included."""

    def __init__(self, models: Models, answers: Answers, max_age: float | None) -> None:
        self._models = models
        self._answers = answers
        self._max_age = max_age

    @property
    def loads(self) -> Loads:
        """How busy the models are."""
        return self._models.loads

    def resolve(self, name: str | None) -> tuple[LLMProvider, str]:
        """The provider of a model, and the model's name there."""
        provider, model = self._models.resolve(name)
        if isinstance(provider, Selection):
            return provider.bound_to(self), model
        return Cached(provider, self._answers, self._max_age), model


def _again(events: list[Event], model: str) -> list[Event]:
    """Old events as they are given again: marked, and for free."""
    started = next((event for event in events if isinstance(event, Started)), Started(model=model))
    usage = next((event for event in reversed(events) if isinstance(event, Usage)), Usage())
    rest = [event for event in events if not isinstance(event, (Started, Usage))]
    return [
        replace(started, cached=True, request_id=None, rate_limit={}),
        *rest[:-1],
        replace(usage, cost=0.0),
        *rest[-1:],
    ]


def _hashed(value: object) -> str:
    """Pictures and other bytes in a request: what they contain, in short."""
    if isinstance(value, (bytes, bytearray)):
        return hashlib.sha256(value).hexdigest()
    raise TypeError(f"{type(value).__name__} in a request")
