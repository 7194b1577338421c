"""A run without a host: what bridge objects need, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

from llmspell.budget import Budget
from llmspell.errors import NotFoundError
from llmspell.limits import Limits
from llmspell.permissions import Permissions
from llmspell.providers.base import (
    Embeddings,
    Event,
    Finished,
    LLMProvider,
    ModelInfo,
    Request,
    TextDelta,
    TokenCount,
    Usage,
)
from llmspell.providers.content import Message
from llmspell.providers.guarded import GuardedConnections
from llmspell.scriptable.context import Part
from llmspell.storage.database import Database
from llmspell.system.blobs import Blobs
from llmspell.system.programs import Programs
from llmspell.usage import RunUsage


class FakeProvider(LLMProvider):
    """Answers every request with the same events and remembers the requests."""

    def __init__(self, events: list[Event | BaseException] | None = None, name: str = "fake") -> None:
        self.name = name
        self.events = events or [TextDelta("Hel"), TextDelta("lo"), Usage(3, 2), Finished("stop")]
        self.requests: list[Request] = []
        self.embedded: list[tuple[list[str], float | None, dict[str, Any]]] = []
        self.counted: list[Message] = []
        self.closed = 0

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        self.requests.append(request)
        try:
            for event in self.events:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self.closed += 1

    async def embed(self, model: str, texts: list[str], *, timeout: float | None = None, **options: Any) -> Embeddings:  # noqa: ASYNC109  # part of the contract
        self.embedded.append((texts, timeout, options))
        return Embeddings(vectors=[[float(len(text)), 0.5] for text in texts], model=model, usage=Usage(7, 0))

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
        self.counted = messages
        return TokenCount(len(messages), "estimate")

    async def list_models(self) -> list[ModelInfo]:
        return []

    async def info(self, model: str) -> ModelInfo:
        return ModelInfo(name=f"{self.name}/{model}", provider=self.name, context_length=4096, details={"a": 1})


class FakeRegistry:
    def __init__(self, provider: LLMProvider) -> None:
        self._provider = provider

    def resolve(self, name: str | None) -> tuple[LLMProvider, str]:
        provider, _, model = (name or f"{self._provider.name}/tiny").partition("/")
        if provider != self._provider.name:
            raise NotFoundError(f"there is no model {name!r}")
        return self._provider, model

    def caching(self, wanted: bool | float | None) -> FakeRegistry:
        return self

    def narrowed(self, permissions: Permissions) -> FakeRegistry:
        return self


class FakeContext:
    """A `RunContext`. `functions` are those of the script, by number."""

    def __init__(self, provider: LLMProvider | None = None) -> None:
        self.provider = provider or FakeProvider()
        self.registry = FakeRegistry(self.provider)
        self.default_model: str | None = None
        self.kept: dict[Any, Any] = {}
        self.tools: dict[str, Any] = {}
        self.stdin: Any = SimpleNamespace(read=None, lines=None)
        self.usage = RunUsage()
        self.limits = Limits()
        self.budget = Budget.of(self.limits)
        self.permissions = Permissions()
        self.blobs = Blobs()
        self.programs = Programs(self.permissions)
        self.connections = GuardedConnections()
        self.database = Database()
        self.functions: dict[int, Callable[..., Any]] = {}
        self.invoked: list[tuple[int, list[Any]]] = []

    def models_within(self, budget: Any) -> FakeRegistry:
        return self.registry

    async def invoke(self, function: int, args: list[Any]) -> Any:
        self.invoked.append((function, args))
        return self.functions[function](*args)

    def keeping(self, shared: str | None) -> tuple[Database, str]:
        return self.database, f"spell:{shared or ''}"

    async def run_spell(self, name: str, params: Any, part: Part) -> Any:
        return {"name": name, "params": params, **{key: value for key, value in part._asdict().items() if value}}

    def load_module(self, specifier: str, importer: str) -> dict[str, str]:
        return {"name": specifier, "source": f"-- for {importer}"}
