"""Models that keep to a budget: every call is reserved before it is sent, and charged for what it came to.

Whoever calls models on behalf of a run, a bridge object or an agent, takes them from here; nothing else is to do:

    models = MeteredModels(registry, budget)       # a run's `RunContext.registry` is that already
    provider, model = models.resolve("openai/gpt-5-mini")
    response = await provider.complete(Request(model=model, messages=[...]))

An agent with a budget of its own takes `MeteredModels(registry, budget.child(max_cost=0.01))`, where `registry` is that
of the run: its calls are charged once, to the child, whose spending is its parent's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from llmspell.budget import Budget, Reservation
from llmspell.providers.base import Embeddings, EmbedKind, Event, LLMProvider, Request, Response
from llmspell.providers.select.opened import close
from llmspell.providers.select.wrapped import Wrapped
from llmspell.providers.spending import NOTHING, Forecast, Spending

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome
    from llmspell.providers.registry import ProviderRegistry
    from llmspell.providers.select.loads import Loads
    from llmspell.providers.select.selection import Models

T = TypeVar("T")

_PATIENCE = 10.0
"""Seconds to wait for streams that nobody reads: whoever waits may be the one who should."""
_SHARE = 4096
_LEAST = 1024
_MINIMUM = 16
"""Tokens: an answer that is bounded because little is left gets half of that, but not less than a share; for less than
`_LEAST` it rather waits for the end of other calls, and less than the minimum is not worth a call."""


class MeteredModels:
    """The models of a registry, each keeping to a budget, those that a selection chooses among one by one."""

    def __init__(self, models: Models, budget: Budget) -> None:
        self._models = models
        self._budget = budget

    @property
    def loads(self) -> Loads:
        """How busy the models are."""
        return self._models.loads

    def resolve(self, name: str | None) -> tuple[LLMProvider, str]:
        """The provider of a model, and the model's name there."""
        provider, model = self._models.resolve(name)
        bound_to = getattr(provider, "bound_to", None)  # a `Selection`: each of its members is metered
        return (bound_to(self) if bound_to else Metered(provider, self._budget)), model


class MeteredRegistry(MeteredModels):
    """A registry for one run."""

    def __init__(self, registry: ProviderRegistry, budget: Budget) -> None:
        super().__init__(registry, budget)
        self._registry = registry

    def caching(self, wanted: bool | float | None = None) -> MeteredModels:
        """The same models, their answers remembered for so long; None is what the configuration says."""
        return MeteredModels(self._registry.caching(wanted), self._budget)


class Metered(Wrapped):
    """`provider`, within `budget`.

    Before a call is sent, the price and the tokens that it may come to at most are reserved: those of the prompt, by
    the offline counter, and those of the longest answer. When that is too much and the request has no `max_tokens`, it
    is sent with such as fit. When other calls hold what it needs, it waits for them. Afterwards the call is charged
    with what the provider reports; a call that was broken off, with what had arrived of a stream and with all that
    was reserved for a whole answer. What failed before it was answered is free, and so is what comes from a cache.

    Raises `LimitError` where the budget is not enough, and `ModelError` where money is bounded and a price unknown.
    """

    budget: Budget

    def __init__(self, provider: LLMProvider, budget: Budget) -> None:
        if isinstance(provider, Metered) and any(each is provider.budget for each in budget.line()):
            provider = provider.unmetered  # whom it would charge is charged by our own budget
        super().__init__(provider)
        self.budget = budget

    @property
    def unmetered(self) -> LLMProvider:
        """The provider itself."""
        return self._provider

    async def complete(self, request: Request) -> Response:
        spending, longest = await self._spending(request.model, lambda: self._of_request(request))
        with spending, spending.attempts():
            response = await self._provider.complete(_bounded(request, longest))
            spending.cached = response.cached
            return replace(response, usage=spending.charge(response.model, response.usage))

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        spending, longest = await self._spending(request.model, lambda: self._of_request(request))
        spending.streams()
        events = self._provider.stream(_bounded(request, longest))
        with spending:
            try:
                with spending.attempts():
                    event = await anext(events, None)
                while event is not None:
                    spending.see(event)
                    yield event
                    event = await anext(events, None)
            finally:
                await close(events)
            spending.charge_seen()

    async def embed(
        self,
        model: str,
        texts: list[str],
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # part of the contract
        dimensions: int | None = None,
        kind: EmbedKind | None = None,
    ) -> Embeddings:
        def forecast() -> Forecast:
            from llmspell.providers import forecast

            return forecast.of_texts(self._provider, model, texts, priced=self.budget.bounds_cost)

        spending, _ = await self._spending(model, forecast)
        with spending, spending.attempts():
            found = await self._provider.embed(model, texts, timeout=timeout, dimensions=dimensions, kind=kind)
            return replace(found, usage=spending.charge(found.model, found.usage))

    async def perform(self, job: Job[T]) -> Outcome[T]:
        def forecast() -> Forecast:
            from llmspell.providers import forecast

            return forecast.of_job(self._provider, job, priced=self.budget.bounds_cost)

        spending, _ = await self._spending(job.model, forecast)
        with spending, spending.attempts():
            outcome = await self._provider.perform(job)
            return replace(outcome, usage=spending.charge(outcome.model, outcome.usage))

    def _of_request(self, request: Request) -> Forecast:
        from llmspell.providers import forecast  # where nothing is bounded, nothing is estimated

        return forecast.of_request(self._provider, request, priced=self.budget.bounds_cost)

    async def _spending(self, model: str, forecast: Callable[[], Forecast]) -> tuple[Spending, int | None]:
        """What a call may spend, once there is room for it, and how long its answer may be, if that is new."""
        expected, longest = NOTHING, None
        if self.budget.bounded:
            # The first count takes half a second: tiktoken reads its tables.
            expected = await asyncio.to_thread(forecast)
            held, longest = await self._reserved(expected)
        else:
            held = Reservation(self.budget, 0.0, 0)
        return Spending(self._provider, model, self.budget, held, expected), longest

    async def _reserved(self, forecast: Forecast) -> tuple[Reservation, int | None]:
        budget, patient = self.budget, True
        while True:
            output = _output(forecast, budget, patient=patient)
            held = budget.reserve(forecast.cost(output), forecast.input + output, patient=patient)
            if held is not None:
                return held, output if output < forecast.output else None
            try:
                async with asyncio.timeout(_PATIENCE if budget.streaming else None):
                    await budget.changed()
            except TimeoutError:
                patient = False


def _output(forecast: Forecast, budget: Budget, *, patient: bool) -> int:
    """How long the answer may be: as long as it likes if that fits, and else a good part of what is left."""
    fitting = forecast.fitting(budget.left)
    if not forecast.flexible or fitting >= forecast.output:
        return forecast.output
    share = min(fitting, max(_SHARE, fitting // 2))
    least = min(_LEAST, forecast.fitting(budget.left_alone)) if patient else _MINIMUM
    return max(share, least, min(_MINIMUM, forecast.output))


def _bounded(request: Request, longest: int | None) -> Request:
    return request if longest is None else replace(request, max_tokens=longest)
