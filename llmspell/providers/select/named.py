"""Models of the configuration that are made of others: `[models.NAME]`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from llmspell.config import SelectionConfig
from llmspell.errors import InvalidValueError
from llmspell.providers.select.balance import Balance
from llmspell.providers.select.fallback import Fallback
from llmspell.providers.select.route import Route, Rule
from llmspell.providers.select.selection import Models, Selection


def named(
    name: str, known: Mapping[str, SelectionConfig], unaliased: Callable[[str], str], models: Models
) -> Selection:
    """The model of that name among `known`. Raises `InvalidValueError` when it is made of itself."""
    _refuse_circle(name, known, unaliased, ())
    config = known[name]
    options: dict[str, Any] = {"name": name, "models": models, "try_timeout": config.try_timeout, "on": config.on}
    if config.rest is not None:
        options["rest"] = config.rest
    if config.fallback is not None:
        return Fallback(config.fallback, **options)
    if config.balance is not None:
        return Balance(config.balance, by="least_busy" if config.by == "least_busy" else "turns", **options)
    return Route([Rule(**rule) for rule in config.route or ()], **options)


def _refuse_circle(
    name: str, known: Mapping[str, SelectionConfig], unaliased: Callable[[str], str], path: tuple[str, ...]
) -> None:
    if name in path:
        circle = " → ".join((*path[path.index(name) :], name))
        raise InvalidValueError(f"the model {name!r} is made of itself: {circle}", hint=f"check [models.{name}]")
    if name in known:
        for member in members_of(known[name]):
            _refuse_circle(unaliased(member), known, unaliased, (*path, name))


def members_of(config: SelectionConfig) -> list[str]:
    """The names of the models that it is made of."""
    return [*(config.fallback or ()), *(config.balance or ()), *(rule["model"] for rule in config.route or ())]
