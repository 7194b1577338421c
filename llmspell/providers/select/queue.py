"""The queue before a provider: first come, first served, and whoever is cancelled takes nothing with them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from llmspell.errors import RateLimitError, TimeoutExceededError
from llmspell.providers.select.pace import Call, Pacer

LONGEST_PAUSE = 60.0
"""A provider that asks for a longer pause, in seconds, is not waited for."""


class _Waiting(NamedTuple):
    turn: asyncio.Future[Call]
    tokens: int


class Queue:
    """Lets calls through as `pacer` allows. `name` is the provider's, for messages."""

    def __init__(self, name: str, pacer: Pacer, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._pacer = pacer
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, tokens: int, timeout: float | None) -> Call:  # noqa: ASYNC109  # it says how long it waited
        """Wait for the turn of a call with about so many tokens; it has to `leave` afterwards.

        Raises `TimeoutExceededError` after `timeout` seconds, and `RateLimitError` at once when the provider asked for
        a longer pause than anyone would wait.
        """
        if (refusal := self._refusal()) is not None:
            raise refusal
        waiting = _Waiting(asyncio.get_running_loop().create_future(), tokens)
        self._waiting.append(waiting)
        self._admit()
        try:
            async with asyncio.timeout(timeout):
                return await waiting.turn
        except BaseException as error:
            self._give_back(waiting)
            if isinstance(error, TimeoutError):
                raise self._too_late(timeout) from None
            raise

    def leave(self, call: Call, tokens: int | None) -> None:
        """A call is over and took so many tokens; None when that is not known."""
        self._pacer.finish(call, tokens)
        self._admit()

    def pause(self, seconds: float) -> None:
        """The provider asks all to wait."""
        self._pacer.pause(self._clock(), seconds)
        for turn, _ in self._waiting:
            if not turn.done() and (refusal := self._refusal()) is not None:
                turn.set_exception(refusal)
        self._admit()

    def _admit(self) -> None:
        """Let through whoever may go, and come back when time lets the next one go."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting and not self._pacer.full:
            turn, tokens = self._waiting[0]
            if turn.done():  # cancelled or refused while it waited
                self._waiting.popleft()
                continue
            now = self._clock()
            wait = self._pacer.wait(now, tokens)
            if wait > 0:
                self._timer = turn.get_loop().call_later(wait, self._admit)
                return
            self._waiting.popleft()
            turn.set_result(self._pacer.start(now, tokens))

    def _give_back(self, waiting: _Waiting) -> None:
        turn = waiting.turn
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self.leave(turn.result(), 0)
            return
        turn.cancel()
        with suppress(ValueError):
            self._waiting.remove(waiting)
        self._admit()

    def _refusal(self) -> RateLimitError | None:
        pause = self._pacer.paused(self._clock())
        if pause <= LONGEST_PAUSE:
            return None
        error = RateLimitError(
            f"{self._name} asks to wait {pause:.0f} s",
            hint="try again then, or use another model",
            retryable=True,
            provider=self._name,
        )
        error.retry_after = pause
        return error

    def _too_late(self, timeout: float | None) -> TimeoutExceededError:
        return TimeoutExceededError(
            f"{self._name} was too busy: no turn came within {timeout:g} s",
            hint=f"allow more time, or change [providers.{self._name}.limits]",
            provider=self._name,
        )
