"""Where an agent takes its model from, within a budget and within permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from llmspell.permissions import Permissions, denied

if TYPE_CHECKING:
    from llmspell.budget import Budget
    from llmspell.providers.base import LLMProvider
    from llmspell.providers.registry import ProviderRegistry

ModelSource: TypeAlias = "Callable[[Budget, Permissions | None], tuple[LLMProvider, str]]"
"""Gives the provider, keeping to a budget, and the model's name there.

Raises `PermissionDeniedError` for a model that the permissions, if there are any, do not allow.
"""


def source_of(provider: LLMProvider, model: str) -> ModelSource:
    """A `ModelSource` for one model of one provider."""

    def source(budget: Budget, bound: Permissions | None) -> tuple[LLMProvider, str]:
        from llmspell.providers.metered import Metered  # loads asyncio

        name = f"{provider.name}/{model}"
        if bound is not None and not bound.may_use_model(name):
            raise denied("model", f"use the model {name!r}", name)
        return Metered(provider, budget), model

    return source


def source_in(models: ProviderRegistry, name: str | None) -> ModelSource:
    """A `ModelSource` for a model by its name among others. Raises `NotFoundError` for one that does not exist."""
    models.resolve(name)

    def source(budget: Budget, bound: Permissions | None) -> tuple[LLMProvider, str]:
        from llmspell.providers.metered import MeteredModels  # loads asyncio
        from llmspell.providers.permitted import PermittedModels

        metered = MeteredModels(models, budget)
        return (metered if bound is None else PermittedModels(metered, models, bound, name)).resolve(name)

    return source
