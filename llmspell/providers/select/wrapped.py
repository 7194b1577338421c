"""A provider round another one, which does what the inner one does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, TypeVar

from llmspell.providers.base import (
    Embeddings,
    EmbedKind,
    Event,
    LLMProvider,
    ModelInfo,
    Request,
    Response,
    TokenCount,
    Usage,
)
from llmspell.providers.content import Message

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome

T = TypeVar("T")


class Wrapped(LLMProvider):
    """Passes everything on to `provider`, which is held to its contract; a subclass overrides what it is there for."""

    def __init__(self, provider: LLMProvider) -> None:
        self.name = provider.name
        self.default_model = provider.default_model
        self._provider = self._held(provider)

    def _held(self, provider: LLMProvider) -> LLMProvider:
        from llmspell.providers.select.foreign import Foreign, is_foreign  # made of this class

        return provider if isinstance(self, Foreign) or not is_foreign(provider) else Foreign(provider)

    @property
    def capabilities(self) -> frozenset[str] | None:
        return self._provider.capabilities

    @property
    def identity(self) -> str:
        return self._provider.identity

    def version(self, model: str) -> str:
        return self._provider.version(model)

    async def complete(self, request: Request) -> Response:
        return await self._provider.complete(request)

    def stream(self, request: Request) -> AsyncIterator[Event]:
        return self._provider.stream(request)

    async def embed(
        self,
        model: str,
        texts: list[str],
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # part of the contract
        dimensions: int | None = None,
        kind: EmbedKind | None = None,
    ) -> Embeddings:
        return await self._provider.embed(model, texts, timeout=timeout, dimensions=dimensions, kind=kind)

    async def perform(self, job: Job[T]) -> Outcome[T]:
        return await self._provider.perform(job)

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
        return await self._provider.count_tokens(model, messages)

    def cost(self, model: str, usage: Usage) -> float | None:
        return self._provider.cost(model, usage)

    async def list_models(self) -> list[ModelInfo]:
        return await self._provider.list_models()

    async def info(self, model: str) -> ModelInfo:
        return await self._provider.info(model)

    async def aclose(self) -> None:
        await self._provider.aclose()
