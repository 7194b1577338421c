"""Keeping to a provider's limits: who may send now, and how long the next one has to wait. Without I/O or a clock."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

MINUTE = 60.0


class Pace(NamedTuple):
    """The limits of a provider: requests and tokens in any 60 seconds, and calls at once. None is no limit."""

    rpm: int | None = None
    tpm: int | None = None
    concurrent: int | None = None


class Entry:
    """Something that was spent at a moment; `amount` may be corrected later."""

    __slots__ = ("amount", "at")

    def __init__(self, at: float, amount: int) -> None:
        self.at = at
        self.amount = amount


class Window:
    """What was spent in the last 60 seconds, of at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: deque[Entry] = deque()
        self._total = 0

    def wait(self, now: float, amount: int) -> float:
        """Seconds until there is room. What is larger than the limit has to have the minute for itself."""
        self._forget(now)
        excess = self._total + amount - self._most
        last = 0.0
        for entry in self._entries:
            if excess <= 0:
                break
            excess -= entry.amount
            last = entry.at + MINUTE - now
        return last

    def spend(self, now: float, amount: int) -> Entry:
        """Take so much."""
        entry = Entry(now, amount)
        self._entries.append(entry)
        self._total += amount
        return entry

    def correct(self, entry: Entry, amount: int) -> None:
        """It was really so much."""
        if self._entries and entry.at >= self._entries[0].at:
            self._total += amount - entry.amount
        entry.amount = amount

    def _forget(self, now: float) -> None:
        while self._entries and self._entries[0].at + MINUTE <= now:
            self._total -= self._entries.popleft().amount


class Call(NamedTuple):
    """A call that was let through, and what it takes from the limit on tokens."""

    tokens: Entry | None


class Pacer:
    """Decides, by the time it is told, whether a call may start: `wait`, then `start`, and `finish` when it is over."""

    def __init__(self, pace: Pace) -> None:
        self._concurrent = pace.concurrent
        self._requests = Window(pace.rpm) if pace.rpm else None
        self._tokens = Window(pace.tpm) if pace.tpm else None
        self._open = 0
        self._paused_until = 0.0

    @property
    def full(self) -> bool:
        """Whether as many calls are open as may be; then one has to finish first."""
        return self._concurrent is not None and self._open >= self._concurrent

    def paused(self, now: float) -> float:
        """The seconds that the provider still asks to wait."""
        return max(0.0, self._paused_until - now)

    def wait(self, now: float, tokens: int) -> float:
        """Seconds until a call with about so many tokens may start, as far as time alone can tell."""
        waits = [self.paused(now)]
        if self._requests is not None:
            waits.append(self._requests.wait(now, 1))
        if self._tokens is not None:
            waits.append(self._tokens.wait(now, tokens))
        return max(waits)

    def start(self, now: float, tokens: int) -> Call:
        """A call starts."""
        self._open += 1
        if self._requests is not None:
            self._requests.spend(now, 1)
        return Call(None if self._tokens is None else self._tokens.spend(now, tokens))

    def finish(self, call: Call, tokens: int | None) -> None:
        """A call is over, and took so many tokens; None when that is not known."""
        self._open -= 1
        if self._tokens is not None and call.tokens is not None and tokens is not None:
            self._tokens.correct(call.tokens, tokens)

    def pause(self, now: float, seconds: float) -> None:
        """The provider asks to wait: nothing starts until then."""
        self._paused_until = max(self._paused_until, now + seconds)
