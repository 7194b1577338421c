"""Sharing calls out: over several models or servers, and over several keys of one service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmspell.providers.base import LLMProvider, ModelInfo, Request, TokenCount, Usage
from llmspell.providers.content import Message
from llmspell.providers.select.loads import Loads, Strategy
from llmspell.providers.select.selection import Member, Models, Selection

REST = 30.0
"""Seconds that a model which failed is left alone."""


class Balance(Selection):
    """Shares calls out over the `names`: in `turns`, or each to the `least_busy` one.

    One that failed rests for 30 seconds, or for as long as its provider asks by `retry-after`; meanwhile it is asked
    only when all others fail as well. A call that fails is passed on to the next one; see `Selection`.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        by: Strategy = "turns",
        name: str = "balance",
        models: Models | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, models, **{"rest": REST, **options})
        self._names = tuple(names)
        self._by = by

    def _all(self) -> list[Member]:
        return self._members(self._names)

    async def _chosen(self, request: Request) -> list[Member]:  # noqa: ARG002  # all are alike
        members = {member.label: member for member in self._members(self._names)}
        return [members[label] for label in self._loads.spread([*members], self._by)]


class Keys(Selection):
    """One service with several keys: a provider for each, all alike but for the key, used in turns.

    A key that is refused or used up rests like a model in `Balance`.
    """

    def __init__(self, providers: Sequence[LLMProvider]) -> None:
        super().__init__(providers[0].name, None, rest=REST, on={"auth"})
        self.default_model = providers[0].default_model
        self._providers = {f"{self.name} (key {at})": provider for at, provider in enumerate(providers, 1)}
        self._one = providers[0]
        self._own_loads = Loads()

    @property
    def identity(self) -> str:
        return self._one.identity

    @property
    def _loads(self) -> Loads:
        return self._own_loads

    async def _chosen(self, request: Request) -> list[Member]:
        labels = self._loads.spread([*self._providers], "turns")
        return [Member(label, self._providers[label], request.model) for label in labels]

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
        return await self._one.count_tokens(model, messages)

    def cost(self, model: str, usage: Usage) -> float | None:
        return self._one.cost(model, usage)

    async def list_models(self) -> list[ModelInfo]:
        return await self._one.list_models()

    async def info(self, model: str) -> ModelInfo:
        return await self._one.info(model)

    async def aclose(self) -> None:
        for provider in self._providers.values():
            await provider.aclose()
