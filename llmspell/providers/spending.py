"""One call to a model on a budget: what was reserved for it, and what it comes to, in whatever way it ends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from llmspell.errors import LlmspellError
from llmspell.providers.base import Event, LLMProvider, ReasoningDelta, Started, TextDelta, ToolCallDelta, Usage
from llmspell.providers.retry import before_again
from llmspell.providers.tokens import estimate

if TYPE_CHECKING:
    from llmspell.budget import Budget, Reservation, Room


class Forecast(NamedTuple):
    """A call: tokens of the prompt, most tokens of the answer, the price of the first, and of one of the second."""

    input: int
    output: int
    prompt_price: float
    token_price: float
    flexible: bool = False
    """Whether the answer may be bounded more tightly: nobody said how long it may become."""

    def cost(self, output: int) -> float:
        """The price with so many tokens of answer."""
        return self.prompt_price + self.token_price * output

    def fitting(self, room: Room) -> int:
        """The tokens of answer that there is room for, 0 or less for none."""
        most = room.tokens - self.input
        if self.token_price > 0:
            most = min(most, (room.cost - self.prompt_price) / self.token_price + 1e-6)
        elif self.prompt_price > room.cost:
            return 0
        return self.output if most >= self.output else math.floor(most)


NOTHING = Forecast(0, 0, 0.0, 0.0)
"""Where nothing is bounded, nothing is forecast."""


class Spending:
    """A call to `model` that holds a part of `budget`. As a context manager it settles what the call does not."""

    def __init__(
        self, provider: LLMProvider, model: str, budget: Budget, held: Reservation, forecast: Forecast
    ) -> None:
        self.cached = False
        """Set when the answer is an old one, which is free."""
        self._provider = provider
        self._asked = self._model = model
        self._budget = budget
        self._held = held
        self._forecast = forecast
        self._usage = Usage()
        self._heard: list[str] = []
        self._streaming = False

    def __enter__(self) -> Spending:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or self.cached or not (self._heard or may_be_paid(error)):
            self._held.release()
        elif self._streaming:
            self.charge_seen()
        else:
            self._lose()

    def streams(self) -> None:
        """The answer will come only as fast as it is read."""
        self._streaming = self._held.streaming = True

    def see(self, event: Event) -> None:
        """An event of the answer."""
        if isinstance(event, (TextDelta, ReasoningDelta)):
            self._heard.append(event.text)
        elif isinstance(event, ToolCallDelta):
            self._heard.append(event.arguments)
        elif isinstance(event, Usage):
            self._usage = event
        elif isinstance(event, Started):
            self.cached, self._model = event.cached, event.model or self._model
        self._budget.wake()

    def charge(self, model: str, usage: Usage) -> Usage:
        """Charge a whole answer. Gives the usage with its price, where that is known."""
        cost = 0.0 if self.cached else self._price(model, usage)
        self._settle(cost, self._tokens(usage))
        return usage if cost is None or usage.cost is not None else replace(usage, cost=cost)

    def charge_seen(self) -> None:
        """Charge what was seen of a stream: as the provider says, or else as far as it came."""
        usage = self._usage
        if self._forecast is not NOTHING:
            heard = estimate("".join(self._heard))
            known = self._forecast.input if usage.input_tokens is None else usage.input_tokens
            usage = replace(usage, input_tokens=known, output_tokens=max(usage.output_tokens or 0, heard))
        self._settle(self._price(self._model, usage), self._tokens(usage))

    @contextmanager
    def attempts(self) -> Iterator[None]:
        """Meanwhile, another attempt after one that may have to be paid is reserved like the first.

        Whoever repeats attempts calls `before_again`; when the budget is not enough for one, that raises `LimitError`.
        """
        token = before_again.set(self._again)
        try:
            yield
        finally:
            before_again.reset(token)

    def _again(self, error: LlmspellError) -> None:
        if may_be_paid(error):
            cost, tokens = self._held.cost, self._held.tokens
            self._lose()
            held = self._budget.reserve(cost, tokens, patient=False)
            assert held is not None  # noqa: S101  # for the type checker: it does not wait
            held.streaming = self._streaming
            self._held = held

    def _lose(self) -> None:
        """Nobody knows what it came to: all that it could."""
        free = self._provider.cost(self._asked, Usage()) == 0
        self._held.settle(0.0 if free else None, self._forecast.input if free else self._held.tokens)

    def _settle(self, cost: float | None, tokens: int) -> None:
        if self.cached:
            self._held.release()
        else:
            self._held.settle(cost, tokens)

    def _tokens(self, usage: Usage) -> int:
        given = self._forecast.input if usage.input_tokens is None else usage.input_tokens
        return given + (usage.output_tokens or 0)

    def _price(self, model: str, usage: Usage) -> float | None:
        if usage.cost is not None:
            return usage.cost
        if usage.input_tokens is None and self._forecast is not NOTHING:
            usage = replace(usage, input_tokens=self._forecast.input)
        price = self._provider.cost(model, usage)
        return self._provider.cost(self._asked, usage) if price is None and model != self._asked else price


def may_be_paid(error: BaseException) -> bool:
    """Whether the provider may charge for a call that ended so: unless it said no, or was never reached."""
    if not isinstance(error, LlmspellError):
        return True
    if error.kind == "provider":
        return error.status is None or error.status == 200
    return error.kind in ("timeout", "network") and error.sent
