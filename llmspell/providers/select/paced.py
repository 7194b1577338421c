"""A provider that keeps to limits, and tries again what may be mended by trying again."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from llmspell.errors import LlmspellError, RateLimitError
from llmspell.providers.base import Embeddings, EmbedKind, Event, LLMProvider, Request, Response, Usage
from llmspell.providers.retry import Retry, RetryPolicy, with_retries
from llmspell.providers.select.opened import Clock, Opened, opened
from llmspell.providers.select.pace import Call, Pace, Pacer
from llmspell.providers.select.queue import Queue
from llmspell.providers.select.route import media_of, prompt_tokens
from llmspell.providers.select.wrapped import Wrapped
from llmspell.providers.tokens import MEDIA_TOKENS, estimate

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome

T = TypeVar("T")
J = TypeVar("J")

_ANSWER_TOKENS = 500
_JOB_TOKENS = 1000


class Paced(Wrapped):
    """`provider`, asked no faster than `pace` allows.

    Calls wait in one queue, each for at most the timeout of its request (`timeout` where it has none). A `retry-after`
    of the provider pauses all of them. Each attempt takes a turn of its own, so `provider` should not repeat any by
    itself. Tokens are estimated before a call (500 for the answer where `max_tokens` is not given) and corrected after.
    """

    def __init__(
        self,
        provider: LLMProvider,
        pace: Pace,
        *,
        timeout: float | None = None,
        retries: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(provider)
        self._queue = Queue(provider.name, Pacer(pace), clock)
        self._timeout = timeout
        self._retries = retries or RetryPolicy()

    async def complete(self, request: Request) -> Response:
        async def attempt(left: float | None) -> tuple[Response, Usage]:
            response = await self._provider.complete(replace(request, timeout=left))
            return response, response.usage

        return await self._repeated(_estimated(request), request.timeout, attempt)

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        clock = Clock(self._timeout if request.timeout is None else request.timeout)
        call, answer = await with_retries(lambda: self._opened(request, clock), self._retries, clock.left)
        usage: Usage | None = None
        try:
            async with aclosing(cast(Any, answer.events())) as events:
                async for event in events:
                    if isinstance(event, Usage):
                        usage = event
                    yield event
        finally:
            self._queue.leave(call, _spent(usage))
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
        async def attempt(left: float | None) -> tuple[Embeddings, Usage]:
            found = await self._provider.embed(model, texts, timeout=left, dimensions=dimensions, kind=kind)
            return found, found.usage

        return await self._repeated(sum(map(estimate, texts)), timeout, attempt)

    async def perform(self, job: Job[J]) -> Outcome[J]:
        async def attempt(left: float | None) -> tuple[Outcome[J], Usage]:
            outcome = await self._provider.perform(replace(job, timeout=left))
            return outcome, outcome.usage

        return await self._repeated(_JOB_TOKENS, job.timeout, attempt)

    async def _repeated(
        self, tokens: int, seconds: float | None, attempt: Callable[[float | None], Awaitable[tuple[T, Usage]]]
    ) -> T:
        clock = Clock(self._timeout if seconds is None else seconds)

        async def one() -> T:
            call = await self._queue.enter(tokens, clock.left)
            spent: int | None = None
            try:
                answer, usage = await attempt(clock.left)
            except LlmspellError as error:
                spent = 0
                raise self._judged(error) from None
            else:
                spent = _spent(usage)
                return answer
            finally:
                self._queue.leave(call, spent)

        return await with_retries(one, self._retries, clock.left)

    async def _opened(self, request: Request, clock: Clock) -> tuple[Call, Opened]:
        call = await self._queue.enter(_estimated(request), clock.left)
        try:
            return call, await opened(self._provider.stream(replace(request, timeout=clock.left)))
        except BaseException as error:
            known = isinstance(error, LlmspellError)
            self._queue.leave(call, 0 if known else None)
            if known:
                raise self._judged(cast(LlmspellError, error)) from None
            raise

    def _judged(self, error: LlmspellError) -> Exception:
        """The error to raise: with `Retry` if another attempt may succeed. The whole queue hears of a pause."""
        after = error.retry_after if isinstance(error, RateLimitError) else None
        if after is not None:
            self._queue.pause(after)
        return Retry(error, after) if error.retryable else error


def _estimated(request: Request) -> int:
    answer = _ANSWER_TOKENS if request.max_tokens is None else request.max_tokens
    return prompt_tokens(request) + MEDIA_TOKENS * len(media_of(request)) + answer


def _spent(usage: Usage | None) -> int | None:
    """The tokens of a call, as far as they are known."""
    if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
        return None
    return (usage.input_tokens or 0) + (usage.output_tokens or 0)
