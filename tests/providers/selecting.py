"""Models to choose among: scripted providers by name, behind what a registry is for a selection."""

from __future__ import annotations

from llmspell.errors import NotFoundError
from llmspell.providers.base import LLMProvider, Request
from llmspell.providers.content import Message
from llmspell.providers.select.loads import Loads
from llmspell.testing import ScriptedProvider


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shelf:
    """A registry of given providers."""

    def __init__(self, *providers: LLMProvider, clock: Clock | None = None) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self.loads = Loads(clock or Clock())

    def resolve(self, name: str | None) -> tuple[LLMProvider, str]:
        provider, _, model = (name or "").partition("/")
        if provider not in self._providers:
            raise NotFoundError(f"there is no model {name!r}")
        return self._providers[provider], model


def scripted(name: str, *replies: object) -> ScriptedProvider:
    """A provider with these replies; with none, it says its name for ever."""
    return ScriptedProvider(list(replies) if replies else (lambda request: f"I am {name}"), name)  # type: ignore[arg-type]


def asking(text: str = "Hi", **fields: object) -> Request:
    """A request to a selection."""
    return Request(model="smart", messages=[Message("user", text)], **fields)  # type: ignore[arg-type]
