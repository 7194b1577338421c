"""Who runs next: slices that begin take turns, so that a host with many busy spells always gets the processor.

Whose process has used least goes first. A slice has its turn until it ends or has taken a while; one that computes for
long goes on without a turn and behind everybody else, and so does its process from then on.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from llmspell.errors import LimitError, LlmspellError
from llmspell.workers.incoming import STALLED, CpuWatch, cpu_seconds

if TYPE_CHECKING:
    import asyncio

_LOOK, _SELDOM = 0.01, 0.05  # seconds between looks at a slice that has its turn, and at one that had it
_START = 0.01  # seconds of processor time that a fork and its first slice count as, in advance
_TURN = 0.015  # seconds of processor time that a turn is for; who takes more goes last from then on
_LONGEST_TURN = 0.1  # on the clock: its process may wait for the processor itself, or for nothing at all

_PROGRESS = 0.01  # seconds of processor time that tell a slice which computes from one that is stopped


class _Waiting(NamedTuple):
    used: float
    number: int
    go: Callable[[], None]


class Turns:
    """At most so many turns at a time, by default four for each processor: many of them wait for something."""

    def __init__(self, most: int | None = None) -> None:
        self._free = most or 4 * (os.cpu_count() or 1)
        self._number = 0
        self._waiting: list[_Waiting] = []

    def take(self, go: Callable[[], None], used: float = 0.0) -> None:
        """Call `go` when there is a turn: now, or from a `give`, where those go first that `used` less so far."""
        if self._free:
            self._free -= 1
            go()
        else:
            self._number += 1
            heapq.heappush(self._waiting, _Waiting(used, self._number, go))

    def leave(self, go: Callable[[], None]) -> bool:
        """Wait no longer; whether it did wait."""
        kept = [waiting for waiting in self._waiting if waiting.go != go]
        found = len(kept) < len(self._waiting)
        if found:
            heapq.heapify(kept)
            self._waiting = kept
        return found

    def give(self) -> None:
        """A turn is over."""
        if self._waiting:
            heapq.heappop(self._waiting).go()
        else:
            self._free += 1


class Priority(Protocol):
    """What a watchdog needs of a process."""

    @property
    def pid(self) -> int | None: ...
    def slow_down(self) -> None: ...


class Watchdog:
    """Looks after one worker's slices, one at a time: its turn, its priority, its limits.

    `fail` is called for a slice that uses too much processor time, or that uses none for too long.
    """

    def __init__(
        self,
        process: Priority,
        turns: Turns | None,
        loop: asyncio.AbstractEventLoop,
        fail: Callable[[LlmspellError], None],
    ) -> None:
        self._process = process
        self._turns = turns
        self._loop = loop
        self._fail = fail
        self._go: Callable[[], None] | None = None
        self._has_turn = False
        self._timer: asyncio.TimerHandle | None = None
        self._cpu = self._stall = self._begun = self._end = 0.0
        self._before: float | None = 0.0
        self._seen: float | None = 0.0
        self._goes_last = False

    def wait(self, go: Callable[[], None]) -> None:
        """Call `go` when there is a turn for a slice; it calls `begin`."""
        if self._turns is None or self._goes_last:  # who goes last needs none
            go()
        else:
            self._go = go
            self._turns.take(go, _START if self._process.pid is None else cpu_seconds(self._process.pid) or 0.0)

    def begin(self, cpu: float, stall: float) -> None:
        """A slice begins, with a limit of `cpu` seconds; `stall` is how many may pass in which it does not get on."""
        self._has_turn, self._go = self._go is not None, None
        self._cpu, self._stall = cpu, stall
        self._begun = self._loop.time()
        self._end = self._begun + stall
        self._before = self._seen = self._used_by_now()
        self._timer = self._loop.call_later(min(_LOOK, stall), self._look)

    def end(self) -> None:
        """The slice is over, or given up."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._go is not None and self._turns is not None:
            self._turns.leave(self._go)
            self._go = None
        self._give_turn()

    def _used_by_now(self) -> float | None:
        """Of its life; None where nobody tells, while a process that is not forked yet has used none."""
        return 0.0 if self._process.pid is None else cpu_seconds(self._process.pid)

    def _look(self) -> None:
        now, took = self._used_by_now(), self._loop.time() - self._begun
        used = took if now is None or self._before is None else now - self._before
        if used >= _TURN or took >= _LONGEST_TURN:
            self._give_turn()
        if used >= _TURN and not self._goes_last:
            self._goes_last = True
            if self._turns is not None:  # else there is nobody beside it
                self._process.slow_down()
        if self._goes_last or took >= self._stall:
            self._watch(CpuWatch(self._process.pid, self._cpu, self._before))
        else:
            self._timer = self._loop.call_later(_LOOK if self._has_turn else _SELDOM, self._look)

    def _watch(self, watch: CpuWatch) -> None:
        if self._loop.time() >= self._end and not self._computes():
            self._fail(LimitError(STALLED))
            return
        left = self._end - self._loop.time()
        try:
            self._timer = self._loop.call_later(min(left, watch.pause()), self._watch, watch)
        except LimitError as error:
            self._fail(error)

    def _computes(self) -> bool:
        """Whether the process has got on since this was asked last: who waits for the processor may take longer."""
        seen, now = self._seen, self._used_by_now()
        if seen is None or now is None or now - seen < _PROGRESS:
            return False
        self._seen = now
        self._end = self._loop.time() + self._stall
        return True

    def _give_turn(self) -> None:
        if self._turns is not None and self._has_turn:
            self._has_turn = False
            self._turns.give()
