"""The providers of programs and packages: nobody knows what they raise, and whether they look at the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from llmspell.errors import LlmspellError, ProviderError, TimeoutExceededError
from llmspell.faults import log_where
from llmspell.providers.base import Embeddings, EmbedKind, Event, LLMProvider, ModelInfo, Request, Response, TokenCount
from llmspell.providers.select.opened import close
from llmspell.providers.select.wrapped import Wrapped

if TYPE_CHECKING:
    from llmspell.providers.content import Message
    from llmspell.providers.jobs import Job, Outcome

T = TypeVar("T")

_OURS = "llmspell.providers."


def is_foreign(provider: LLMProvider) -> bool:
    """Whether it is none of those that come along."""
    return not type(provider).__module__.startswith(_OURS)


class Foreign(Wrapped):
    """`provider`, held to its contract: it raises `LlmspellError`s alone, and ends in the time of the request.

    Anything else that it raises becomes a `ProviderError`, without its message, which may hold a secret: the logger
    `llmspell` has it at level debug.
    """

    async def complete(self, request: Request) -> Response:
        with self._blamed():
            async with asyncio.timeout(request.timeout):
                return _of_type(Response, await self._provider.complete(request))

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        end = None if request.timeout is None else asyncio.get_running_loop().time() + request.timeout
        with self._blamed():
            events = self._provider.stream(request)
        try:
            while True:
                with self._blamed():
                    async with asyncio.timeout_at(end):
                        event = await anext(events, None)
                if event is None:
                    return
                yield event
        finally:
            await close(events)

    async def embed(
        self,
        model: str,
        texts: list[str],
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # part of the contract
        dimensions: int | None = None,
        kind: EmbedKind | None = None,
    ) -> Embeddings:
        with self._blamed():
            async with asyncio.timeout(timeout):
                found = await self._provider.embed(model, texts, timeout=timeout, dimensions=dimensions, kind=kind)
                return _of_type(Embeddings, found)

    async def perform(self, job: Job[T]) -> Outcome[T]:
        with self._blamed():
            return await self._provider.perform(job)

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
        with self._blamed():
            return _of_type(TokenCount, await self._provider.count_tokens(model, messages))

    async def list_models(self) -> list[ModelInfo]:
        with self._blamed():
            return await self._provider.list_models()

    async def info(self, model: str) -> ModelInfo:
        with self._blamed():
            return _of_type(ModelInfo, await self._provider.info(model))

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        try:
            yield
        except LlmspellError:
            raise
        except TimeoutError:
            raise TimeoutExceededError(f"{self.name} did not finish its answer in time", provider=self.name) from None
        except Exception as error:
            log_where(error, f"the provider {self.name}")
            raise ProviderError(
                f"the provider {self.name} failed: {type(error).__name__}",
                hint="the logger 'llmspell' tells where at level DEBUG",
                provider=self.name,
            ) from error


def _of_type(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"a {kind.__name__} was to be given, not {type(value).__name__}")
    return value
