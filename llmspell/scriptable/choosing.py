"""From `llm({fallback = ...})` to the provider that chooses among models."""

from __future__ import annotations

from typing import Any

from llmspell.errors import InvalidValueError
from llmspell.providers.base import Request
from llmspell.providers.select import Balance, Fallback, Route, Rule, Selection
from llmspell.providers.select.route import Chooser, media_of, prompt_tokens
from llmspell.providers.select.selection import Models
from llmspell.scriptable.choices import ModelChoice
from llmspell.scriptable.shapes import ScriptFunction

_WAYS = ("fallback", "balance", "route")


def selection_of(choice: ModelChoice, models: Models) -> Selection:
    """The provider for what a script wants. Raises `InvalidValueError` unless it is one thing."""
    given = [way for way in _WAYS if way in choice]
    if len(given) != 1:
        raise InvalidValueError(
            f"llm: model must have one of fallback, balance and route, not {' and '.join(given) or 'none'}",
            hint="a name, or such as fallback with a list of names",
        )
    if "by" in choice and "balance" not in choice:
        raise InvalidValueError("llm: model.by belongs to balance")
    options: dict[str, Any] = {name: value for name, value in choice.items() if name not in (*_WAYS, "by")}
    if "fallback" in choice:
        return Fallback(choice["fallback"], models=models, **options)
    if "balance" in choice:
        return Balance(choice["balance"], by=choice.get("by", "turns"), models=models, **options)
    route = choice["route"]
    rules = [Rule(**rule) for rule in route] if isinstance(route, list) else _chooser(route)
    return Route(rules, models=models, **options)


def _chooser(function: ScriptFunction) -> Chooser:
    async def choose(request: Request) -> Any:
        return await function(facts_of(request))

    return choose


def facts_of(request: Request) -> dict[str, Any]:
    """What a script's function is told of a request; the names are one word, so that they are the same everywhere."""
    return {
        "text": request.messages[-1].text if request.messages else "",
        "tokens": prompt_tokens(request),
        "messages": len(request.messages),
        "tools": [tool["name"] for tool in request.tools],
        "media": media_of(request),
    }
