"""What a run may spend on models, together with everything that it starts: arithmetic alone, without I/O.

Budgets form a tree: what a child spends, its parent spends too, and a child never has more than its parent has left.
Before a call is sent, what it may cost at most is reserved; afterwards what it did cost is charged. So calls at the
same time cannot spend the same money twice. `llmspell.providers.metered` does both for every call to a model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from llmspell.errors import InvalidValueError, LimitError
from llmspell.limits import allow_more

if TYPE_CHECKING:
    import asyncio

    from llmspell.limits import Limits

_NOTHING = 1e-9
"""Dollars that are no money: sums of floats are off by less."""


class Room(NamedTuple):
    """What is left: US dollars, and tokens of prompts and answers together; infinite without a bound."""

    cost: float
    tokens: float

    def holds(self, cost: float, tokens: int) -> bool:
        """Whether so much fits."""
        return cost <= self.cost + _NOTHING and tokens <= self.tokens

    def meet(self, other: Room) -> Room:
        """The smaller one of each."""
        return Room(min(self.cost, other.cost), min(self.tokens, other.tokens))


class Budget:
    """What a run, an agent or a part of either may spend; None is as much as the parent has.

    `max_cost` is in US dollars, `max_tokens` counts prompts and answers together, `max_calls` the calls to the runtime.
    Belongs to one event loop. Raises `InvalidValueError` for a bound that is none.
    """

    def __init__(
        self,
        *,
        max_cost: float | None = None,
        max_tokens: int | None = None,
        max_calls: int | None = None,
        parent: Budget | None = None,
    ) -> None:
        for name, bound in (("max_cost", max_cost), ("max_tokens", max_tokens), ("max_calls", max_calls)):
            if bound is not None and not bound >= 0:  # nothing is more than what is no number
                raise InvalidValueError(f"budget: {name} must be a number of at least 0, not {bound!r}")
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self.max_calls = max_calls
        self.parent = parent
        self.cost = 0.0
        """US dollars that were charged, as far as they are known."""
        self.priced = True
        """Whether the price of everything so far is known."""
        self.tokens = 0
        """Tokens that were charged."""
        self.calls = 0
        """Calls to the runtime."""
        self.held: dict[Reservation, None] = {}
        """What calls that are under way may come to."""
        self.error: LimitError | None = None
        """Set once this very budget was not enough."""
        self._waiting: list[asyncio.Future[None]] = [] if parent is None else parent._waiting  # noqa: SLF001  # one for the whole tree

    @classmethod
    def of(cls, limits: Limits, parent: Budget | None = None) -> Budget:
        """The budget of a run with these limits, as a part of another one if there is a `parent`."""
        return cls(max_cost=limits.max_cost, max_tokens=limits.max_tokens, max_calls=limits.max_calls, parent=parent)

    def child(
        self, *, max_cost: float | None = None, max_tokens: int | None = None, max_calls: int | None = None
    ) -> Budget:
        """A part of this budget: what it spends is spent here too."""
        return Budget(max_cost=max_cost, max_tokens=max_tokens, max_calls=max_calls, parent=self)

    def line(self) -> Iterator[Budget]:
        """This budget, and those above it."""
        budget: Budget | None = self
        while budget is not None:
            yield budget
            budget = budget.parent

    @property
    def bounds_cost(self) -> bool:
        """Whether money is bounded, here or above: then a call whose price is unknown must not be made."""
        return any(budget.max_cost is not None for budget in self.line())

    @property
    def bounded(self) -> bool:
        """Whether money or tokens are bounded: otherwise there is nothing to estimate before a call."""
        return any(budget.max_cost is not None or budget.max_tokens is not None for budget in self.line())

    @property
    def exceeded(self) -> LimitError | None:
        """What ends the run, once this budget or one above it was not enough for a call."""
        budget: Budget | None = self
        while budget is not None:  # asked after each call: quicker than a generator
            if budget.error is not None:
                return budget.error
            budget = budget.parent
        return None

    @property
    def left(self) -> Room:
        """What can be reserved now."""
        room = self.free
        for budget in self.line():
            room = room.meet(budget.free)
        return room

    @property
    def left_alone(self) -> Room:
        """What could be reserved if the calls that are under way came to nothing."""
        room = self.own
        for budget in self.line():
            room = room.meet(budget.own)
        return room

    @property
    def free(self) -> Room:
        """What can be reserved of this budget, whatever those above it have."""
        own, every = self.own, self.held
        return Room(
            max(own.cost - sum(held.cost for held in every), 0.0),
            max(own.tokens - sum(held.tokens for held in every), 0),
        )

    @property
    def own(self) -> Room:
        """What was not charged of this budget."""
        return Room(
            math.inf if self.max_cost is None else max(self.max_cost - self.cost, 0.0),
            math.inf if self.max_tokens is None else max(self.max_tokens - self.tokens, 0),
        )

    @property
    def calls_left(self) -> int | None:
        """The calls to the runtime that are left; None without a bound."""
        every = [budget.max_calls - budget.calls for budget in self.line() if budget.max_calls is not None]
        return max(min(every), 0) if every else None

    def count_call(self) -> None:
        """Count a call to the runtime. Raises `LimitError`, which ends the run, when it is one too many."""
        budget: Budget | None = self
        while budget is not None:
            budget.calls += 1
            if budget.max_calls is not None and budget.calls > budget.max_calls:
                budget.error = budget.error or LimitError(
                    f"limit of {budget.max_calls} calls exceeded", hint=allow_more("max_calls")
                )
                raise budget.error
            budget = budget.parent

    def reserve(self, cost: float, tokens: int, *, patient: bool = True) -> Reservation | None:
        """Hold so much for a call. None when calls under way hold what it needs: wait for `changed` and try again.

        Raises `LimitError`, which ends the run, when it would not fit even if those came to nothing, or, if not
        `patient`, when it does not fit now.
        """
        if self.left.holds(cost, tokens):
            return Reservation(self, cost, tokens)
        for budget in self.line():
            room = budget.own if patient else budget.free
            if not room.holds(cost, tokens):
                budget.error = budget.error or budget.short(cost, tokens)
                raise budget.error
        return None

    def short(self, cost: float, tokens: int) -> LimitError:
        """What to say when so much is more than there is."""
        free = self.free
        if cost > free.cost + _NOTHING:
            return LimitError(
                f"budget of {dollars(self.max_cost or 0)} exceeded: "
                f"a call may cost {dollars(cost)}, and {dollars(free.cost)} is left",
                hint=f"{allow_more('max_cost')}, or bound the answer with max_tokens",
            )
        return LimitError(
            f"budget of {self.max_tokens} tokens exceeded: a call may take {tokens}, and {free.tokens:.0f} are left",
            hint=f"{allow_more('max_tokens')}, or bound the answer with max_tokens",
        )

    @property
    def streaming(self) -> bool:
        """Whether all that is held is held by streams, which go on only as fast as they are read."""
        return all(held.streaming for budget in self.line() for held in budget.held)

    def changed(self) -> asyncio.Future[None]:
        """Done at the next `wake`, which the end of every call brings."""
        import asyncio  # whoever waits has it already

        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    def wake(self) -> None:
        """Let those look again who wait for what others hold."""
        waiting, self._waiting[:] = list(self._waiting), []
        for future in waiting:
            if not future.done():
                future.set_result(None)


class Reservation:
    """What a call holds of a budget and of all above it, until it is settled; after that nothing changes any more."""

    __slots__ = ("_budget", "_open", "cost", "streaming", "tokens")

    def __init__(self, budget: Budget, cost: float, tokens: int) -> None:
        self.cost = cost
        self.tokens = tokens
        self.streaming = False
        """Whether the answer comes only as fast as it is read."""
        self._budget = budget
        self._open = True
        for each in budget.line():
            each.held[self] = None

    def settle(self, cost: float | None, tokens: int) -> None:
        """Charge what the call came to; where the price is unknown, what was reserved."""
        if not self._open:
            return
        self._open = False
        cost, tokens = cost and max(cost, 0.0), max(tokens, 0)  # no server gives money back
        for budget in self._budget.line():
            del budget.held[self]
            budget.cost += self.cost if cost is None else cost
            budget.priced = budget.priced and (cost is not None or self.cost > 0)
            budget.tokens += tokens
        self._budget.wake()

    def release(self) -> None:
        """Charge nothing: the call was never answered."""
        self.settle(0.0, 0)


def dollars(amount: float) -> str:
    """An amount for people: $0.05, and as many digits as a small one needs."""
    if amount and amount < 0.01:
        return f"${amount:.2g}" if amount >= 1e-4 else f"${amount:.1e}"
    whole, _, fraction = f"{amount:.4f}".rstrip("0").partition(".")
    return f"${whole}.{fraction:0<2}"
