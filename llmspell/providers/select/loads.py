"""How busy each model is, and which ones had better be left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Literal, TypeAlias

Strategy: TypeAlias = Literal["turns", "least_busy"]

_MOST = 1000


class Load:
    """One model: its open calls, when it was last used (a number that only grows), and until when it rests."""

    __slots__ = ("last_used", "open", "rests_until")

    def __init__(self) -> None:
        self.open = 0
        self.last_used = 0
        self.rests_until = 0.0


class Loads:
    """The loads of models by their full names, shared by all that choose among them.

    Models at rest are known for as long as they rest, others for as long as there are fewer than a thousand, so that
    a spell that makes up names does not fill the memory.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._loads: dict[str, Load] = {}
        self._uses = count(1)

    def enter(self, name: str) -> None:
        """A call of this model begins."""
        load = self._of(name)
        load.open += 1
        load.last_used = next(self._uses)

    def leave(self, name: str) -> None:
        """A call of this model is over."""
        self._of(name).open -= 1

    def rest(self, name: str, seconds: float) -> None:
        """Leave the model alone for a while, unless there is no other."""
        load = self._of(name)
        load.rests_until = max(load.rests_until, self._clock() + seconds)

    def awake_first(self, names: Sequence[str]) -> list[str]:
        """The names in their order, but those at rest last: of them, the first to be back comes first."""
        now = self._clock()
        return sorted(names, key=lambda name: max(0.0, self._of(name).rests_until - now))

    def spread(self, names: Sequence[str], strategy: Strategy) -> list[str]:
        """The names by how well they can take a call: the one whose turn it is, or the least busy one, first."""
        loads = {name: self._of(name) for name in names}
        by_turn = sorted(loads, key=lambda name: loads[name].last_used)
        if strategy == "least_busy":
            by_turn.sort(key=lambda name: loads[name].open)
        return self.awake_first(by_turn)

    def _of(self, name: str) -> Load:
        load = self._loads.get(name)
        if load is None:
            if len(self._loads) >= _MOST:
                self._forget()
            load = self._loads[name] = Load()
        return load

    def _forget(self) -> None:
        now = self._clock()
        self._loads = {name: load for name, load in self._loads.items() if load.open or load.rests_until > now}
