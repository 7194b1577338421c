"""`route`: the request decides which model answers it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from llmspell.errors import InvalidValueError
from llmspell.functions import given
from llmspell.providers.base import Request
from llmspell.providers.content import Media, ToolResult
from llmspell.providers.select.selection import Member, Models, Selection
from llmspell.providers.tokens import estimate

Chooser: TypeAlias = Callable[[Request], str | Awaitable[str]]


class Rule(NamedTuple):
    """A line of a table: the `model`, and what a request must be like to go there; None is no condition."""

    model: str
    tokens: int | None = None
    """The prompt has at most about so many tokens."""
    tools: bool | None = None
    """Whether the model is offered tools."""
    media: bool | None = None
    """Whether the conversation has pictures, recordings or documents."""

    def fits(self, request: Request) -> bool:
        """Whether the request goes to this model."""
        return (
            (self.tools is None or self.tools == bool(request.tools))
            and (self.media is None or self.media == bool(media_of(request)))
            and (self.tokens is None or prompt_tokens(request) <= self.tokens)
        )


class Route(Selection):
    """Asks the model whose name `choose` gives: a function of the request, plain or async, or rules, of which the
    first that fits decides.

        Host(providers=[Route(lambda request: "openai/gpt-5" if request.tools else "local/tiny", name="smart")])

    Only the chosen model is asked. Raises `InvalidValueError` when no model is chosen.
    """

    def __init__(
        self, choose: Chooser | Sequence[Rule], *, name: str = "route", models: Models | None = None, **options: Any
    ) -> None:
        super().__init__(name, models, **options)
        self._choose = choose if callable(choose) else _by_rules(tuple(choose), name)

    async def _chosen(self, request: Request) -> list[Member]:
        name: Any = self._choose(request)
        if inspect.isawaitable(name):
            name = await name
        if not isinstance(name, str) or not name:
            said = "an empty text" if name == "" else given(name)
            raise InvalidValueError(f"{self.name}: the function must give the name of a model, not {said}")
        return [self._member(name)]


def _by_rules(rules: Sequence[Rule], name: str) -> Chooser:
    def choose(request: Request) -> str:
        for rule in rules:
            if rule.fits(request):
                return rule.model
        raise InvalidValueError(f"{name}: no rule fits the request", hint="end with a rule that has only a model")

    return choose


def prompt_tokens(request: Request) -> int:
    """About how many tokens the texts of the prompt have."""
    texts = [message.text for message in request.messages]
    texts += [result.text for message in request.messages for result in message.tool_results]
    return sum(map(estimate, texts))


def media_of(request: Request) -> list[str]:
    """The kinds of media in the conversation, such as `image`, in their order."""
    parts = [part for message in request.messages for part in message.parts]
    parts += [inner for part in parts if isinstance(part, ToolResult) for inner in part.parts]
    return [part.kind for part in parts if isinstance(part, Media)]
