"""What `fallback`, `balance` and `route` have in common: they try models, one after the other, until one answers.

A model is given up for what may go better elsewhere: errors that are `retryable`, of kind `rate_limit`, `network` or
`timeout`, and of kind `provider` unless the status says that the request was wrong. It is never given up after the
first token of a stream. When all have failed, the error of the last one tells of each.
"""

from __future__ import annotations

import asyncio
import copy
from abc import abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, TypeVar, cast

from llmspell.errors import KINDS, InvalidValueError, LlmspellError, ModelError, ProviderError, TimeoutExceededError
from llmspell.nearest import nearest
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
from llmspell.providers.select.loads import Loads
from llmspell.providers.select.opened import Clock, Opened, credited, opened

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome

T = TypeVar("T")
J = TypeVar("J")

_NOT_OF_THE_REQUEST = frozenset({402, 404, 405})
"""No credit, and a wrong address: an unknown model is an error of another kind."""
_ELSEWHERE = frozenset({"rate_limit", "network", "timeout"})


class Models(Protocol):
    """Where models are found by name: a `ProviderRegistry`."""

    def resolve(self, name: str | None) -> tuple[LLMProvider, str]:
        """The provider of `provider/model`, and the model's name there. Raises `NotFoundError`."""
        ...

    @property
    def loads(self) -> Loads:
        """How busy the models are."""
        ...


class Member(NamedTuple):
    """A model to try: what to call it, and where it is."""

    label: str
    provider: LLMProvider
    model: str


class Selection(LLMProvider):
    """A provider that passes each request on to one of several models.

    `models` is where their names are looked up; a host does that for those in `Host(providers=[...])`, where `name`
    is then the name of a model. `try_timeout` bounds each try in seconds, for a stream up to its first token.
    `rest` is how many seconds a model that failed is tried last, if the provider does not say it by `retry-after`.
    `on` are more kinds of errors at which to try the next model, such as `auth` or `context_length`. Raises
    `InvalidValueError` for a kind that does not exist.
    """

    def __init__(
        self,
        name: str,
        models: Models | None,
        *,
        try_timeout: float | None = None,
        rest: float = 0.0,
        on: Collection[str] = (),
    ) -> None:
        self.name = self.default_model = name
        self._models = models
        self._try_timeout = try_timeout
        self._rest = rest
        self._on = _ELSEWHERE | frozenset(on)
        for kind in sorted(self._on - KINDS.keys()):
            hint = nearest(kind, KINDS) or f"kinds are {', '.join(KINDS)}"
            raise InvalidValueError(f"{name}: there is no kind of error {kind[:40]!r}", hint=hint)

    def bound_to(self, models: Models) -> Self:
        """The same choice among the models of a registry."""
        bound = copy.copy(self)
        bound._models = models  # noqa: SLF001  # a copy of this very object
        return bound

    @abstractmethod
    async def _chosen(self, request: Request) -> list[Member]:
        """The models to try, best first."""

    def _all(self) -> list[Member]:
        """The models that may be chosen, as far as they are known; the first one stands for all."""
        return []

    async def complete(self, request: Request) -> Response:
        async def ask(member: Member, asked: Request) -> Response:
            return await member.provider.complete(asked)

        member, response = await self._whole(request, await self._chosen(request), ask)
        provider = response.provider or member.provider.name
        usage = _priced(member, response.model, response.usage)
        return replace(response, provider=provider, usage=usage)

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        async def ask(member: Member, asked: Request) -> Opened:
            self._loads.enter(member.label)
            try:
                return await opened(member.provider.stream(asked))
            except BaseException:
                self._loads.leave(member.label)
                raise

        member, answer = await self._first(request, await self._chosen(request), ask)
        started, first = credited(answer.first, member.provider.name, member.model)
        model = started.model or member.model
        try:
            yield started
            async with aclosing(cast(Any, answer._replace(first=first).events())) as events:
                async for event in events:
                    yield _priced(member, model, event) if isinstance(event, Usage) else event
        finally:
            self._loads.leave(member.label)
            await answer.aclose()

    async def embed(
        self,
        model: str,
        texts: list[str],
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # part of the contract
        dimensions: int | None = None,
        kind: EmbedKind | None = None,
    ) -> Embeddings:
        request = Request(model=model, messages=[], timeout=timeout)
        members = await self._chosen(request)
        if len({member.model for member in members}) > 1:
            message = f"{self.name} makes no embeddings: the vectors of different models cannot be compared"
            raise ModelError(message, hint="name one model", provider=self.name)

        async def ask(member: Member, asked: Request) -> Embeddings:
            left = asked.timeout
            return await member.provider.embed(member.model, texts, timeout=left, dimensions=dimensions, kind=kind)

        member, found = await self._whole(request, members, ask)
        return replace(found, usage=_priced(member, found.model, found.usage))

    async def perform(self, job: Job[J]) -> Outcome[J]:
        request = Request(model=job.model, messages=[], timeout=job.timeout)

        async def ask(member: Member, asked: Request) -> Outcome[J]:
            return await member.provider.perform(replace(job, model=member.model, timeout=asked.timeout))

        member, outcome = await self._whole(request, await self._chosen(request), ask)
        return replace(outcome, usage=_priced(member, outcome.model, outcome.usage))

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
        member = (await self._chosen(Request(model=model, messages=messages)))[0]
        return await member.provider.count_tokens(member.model, messages)

    def cost(self, model: str, usage: Usage) -> float | None:  # noqa: ARG002  # what was answered carries its price
        """Unknown, since the answer says it, unless all models are free."""
        prices = [member.provider.cost(member.model, usage) for member in self._all()]
        return 0.0 if prices and not any(price != 0 for price in prices) else None

    async def list_models(self) -> list[ModelInfo]:
        return [await self.info(self.name)]

    async def info(self, model: str) -> ModelInfo:  # noqa: ARG002  # there is one
        """What is known of the model that is tried first; its name is that of the choice."""
        members = self._all()
        if not members:
            return ModelInfo(name=self.name, provider=self.name)
        member = members[0]
        info = await member.provider.info(member.model)
        return replace(info, name=self.name, details={**info.details, "first": info.name})

    @property
    def _loads(self) -> Loads:
        return self._found.loads

    @property
    def _found(self) -> Models:
        if self._models is None:
            raise InvalidValueError(
                f"{self.name} does not know where models are", hint="pass it to Host(providers=[...]), or give models="
            )
        return self._models

    def _member(self, name: str) -> Member:
        provider, model = self._found.resolve(name)
        return Member(f"{provider.name}/{model}", provider, model)

    def _members(self, names: Sequence[str]) -> list[Member]:
        if not names:
            raise InvalidValueError(f"{self.name} has no models to choose from")
        return [self._member(name) for name in names]

    async def _whole(
        self, request: Request, members: Sequence[Member], ask: Callable[[Member, Request], Awaitable[T]]
    ) -> tuple[Member, T]:
        """As `_first`, for answers that come at once: a model is busy while it is asked."""

        async def busy(member: Member, asked: Request) -> T:
            self._loads.enter(member.label)
            try:
                return await ask(member, asked)
            finally:
                self._loads.leave(member.label)

        return await self._first(request, members, busy)

    async def _first(
        self, request: Request, members: Sequence[Member], ask: Callable[[Member, Request], Awaitable[T]]
    ) -> tuple[Member, T]:
        """The first answer, and who gave it."""
        clock, failed = Clock(request.timeout), list[tuple[Member, LlmspellError]]()
        for member in members:
            left = clock.left
            if failed and left == 0:
                break
            asked = replace(request, model=member.model, timeout=left)
            try:
                return member, await _within(self._try_timeout, ask(member, asked), member)
            except LlmspellError as error:
                if not self._moves_on(error):
                    raise
                self._remember(member, error)
                failed.append((member, error))
        raise none_answered(failed)

    def _moves_on(self, error: LlmspellError) -> bool:
        if error.retryable or error.kind in self._on:
            return True
        if error.kind != "provider":
            return False
        status = error.status
        return status is None or status >= 500 or 300 <= status < 400 or status in _NOT_OF_THE_REQUEST

    def _remember(self, member: Member, error: LlmspellError) -> None:
        asked = error.retry_after if isinstance(error, ProviderError) else None
        seconds = self._rest if asked is None else asked
        if seconds > 0:
            self._loads.rest(member.label, seconds)


async def _within(seconds: float | None, work: Awaitable[T], member: Member) -> T:
    if seconds is None:
        return await work
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        message = f"{member.label} did not answer within {seconds:g} s"
        raise TimeoutExceededError(message, retryable=True, provider=member.provider.name) from None


def _priced(member: Member, model: str, usage: Usage) -> Usage:
    """The usage with its price, which only the one who answered can tell."""
    return usage if usage.cost is not None else replace(usage, cost=member.provider.cost(model, usage))


def none_answered(failed: Sequence[tuple[Member, LlmspellError]]) -> LlmspellError:
    """The error of the last try, which tells of all in its message and its `data`."""
    last = failed[-1][1]
    if len(failed) == 1:
        return last
    reasons = "; ".join(_reason(member, error) for member, error in failed)
    error = KINDS[last.kind](
        f"none of {len(failed)} models answered: {reasons}",
        hint=last.hint,
        retryable=any(error.retryable for _, error in failed),
        provider=last.provider,
        status=last.status,
        data={"tried": [_told(member, error) for member, error in failed]},
    )
    waits = [wait for _, each in failed if (wait := getattr(each, "retry_after", None)) is not None]
    if isinstance(error, ProviderError):
        error.retry_after = min(waits, default=None)
    return error


def _reason(member: Member, error: LlmspellError) -> str:
    return error.message if error.message.startswith(member.label) else f"{member.label}: {error.message}"


def _told(member: Member, error: LlmspellError) -> dict[str, Any]:
    told: dict[str, Any] = {"model": member.label, "kind": error.kind, "message": error.message}
    return told if error.status is None else {**told, "status": error.status}
