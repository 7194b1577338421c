"""Carries the messages between a session and its interpreter: with an event loop, or without one.

A spell that never waits for the outside needs no event loop, and loading one takes longer than running such a
spell. So `drive_blocking` goes on alone until the first call that has to wait; `Driver` does the rest, or all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from llmspell.border import Abort, FromSpell, Interpreter, SpellSource, ToSpell
from llmspell.errors import CancelledError, LlmspellError
from llmspell.limits import Deadline
from llmspell.session import Session

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

_ABORT_SECONDS = 0.5
_SLICES_IN_A_ROW = 64


class Worker(Protocol):
    """An interpreter that does not block: it calls back with what each slice did."""

    def start(self, spell: SpellSource) -> None: ...
    def feed(self, messages: Sequence[ToSpell], now: float) -> None: ...
    def close(self) -> None: ...


def drive_blocking(session: Session, interpreter: Interpreter, spell: SpellSource) -> None:
    """Run the spell until it ends or makes a call that has to wait (`session.work`)."""
    messages = interpreter.start(spell)
    while True:
        for message in messages:
            session.receive(message)
        session.slice_ended()
        if session.ended or session.work:
            return
        if session.aborting is not None:
            messages = interpreter.feed([Abort(session.aborting.to_data())], time.time())
        else:
            messages = interpreter.feed(session.take(), time.time())


class Driver:
    """Drives one session in the running event loop.

    `make_worker` is given the callback for slices. `run` starts the spell, `resume` goes on with one that
    `drive_blocking` began; both return when the session has ended and nothing of it is left.
    """

    def __init__(
        self, session: Session, make_worker: Callable[[Callable[[list[FromSpell], bool], None]], Worker]
    ) -> None:
        import asyncio  # see the top of this module

        self._session = session
        self._loop = asyncio.get_running_loop()
        self._finished: asyncio.Future[None] = self._loop.create_future()
        self._tasks: dict[int, asyncio.Future[object]] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._busy = False
        self._pumping = False
        self._scheduled = False
        self._aborted = False
        self._worker = make_worker(self._on_slice)
        session.wake = self._wake

    async def run(self, spell: SpellSource, deadline: Deadline | None) -> None:
        """Run a spell from its start."""
        self._busy = True
        self._worker.start(spell)
        await self._wait(deadline)

    async def resume(self, deadline: Deadline | None) -> None:
        """Go on with a session whose interpreter is at rest."""
        self._advance()
        await self._wait(deadline)

    def stop(self, error: LlmspellError) -> None:
        """End the session here and now, wherever its interpreter is."""
        self._session.fail(error)
        if not self._finished.done():
            self._finished.set_result(None)

    async def _wait(self, deadline: Deadline | None) -> None:
        import asyncio  # see the top of this module

        if deadline is not None:
            self._timers.append(self._loop.call_later(deadline.left, self._abort, deadline.error()))
        try:
            await self._finished
        except asyncio.CancelledError:
            self._session.fail(CancelledError("the run was cancelled"))
            raise
        finally:
            await self._clean_up()

    async def _clean_up(self) -> None:
        import asyncio  # see the top of this module

        for timer in self._timers:
            timer.cancel()
        self._worker.close()
        waiting = set(self._tasks.values())
        for task in waiting:
            task.cancel()
        again: asyncio.CancelledError | None = None
        while waiting:
            try:
                _, waiting = await asyncio.wait(waiting)
            except asyncio.CancelledError as error:  # whoever cancels twice is not left with a half of it either
                again = error
        if again is not None:
            raise again

    def _on_slice(self, messages: list[FromSpell], ended: bool) -> None:
        for message in messages:
            self._session.receive(message)
        if ended:
            self._busy = False
            self._advance()

    def _advance(self) -> None:
        """Start the work that came up, then feed what is there to feed."""
        session = self._session
        self._start_work()
        if not self._busy:
            session.slice_ended()
        if session.ended:
            if not self._finished.done():
                self._finished.set_result(None)
        elif session.aborting is not None:
            self._abort(session.aborting)
        elif session.pending and not self._pumping:
            self._pump()

    def _pump(self) -> None:
        self._scheduled = False
        self._pumping = True
        try:
            for _ in range(_SLICES_IN_A_ROW):
                if self._busy or not self._session.pending or self._aborted:
                    return
                self._busy = True
                self._worker.feed(self._session.take(), time.time())
            self._wake()  # others in this loop get their turn
        finally:
            self._pumping = False

    def _wake(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._pump)

    def _start_work(self) -> None:
        if not self._session.work and not self._session.dropped:
            return
        import asyncio  # see the top of this module; after a slice that asked nothing of it, even this takes its time

        work, self._session.work = self._session.work, []
        for id_, awaitable in work:
            self._tasks[id_] = task = asyncio.ensure_future(awaitable)
            task.add_done_callback(lambda task, id_=id_: self._settled(id_, task))  # type: ignore[misc]  # binds id_
        dropped, self._session.dropped = self._session.dropped, []
        for id_ in dropped:
            if (dropped_task := self._tasks.get(id_)) is not None:
                dropped_task.cancel()

    def _settled(self, id_: int, task: asyncio.Future[object]) -> None:
        del self._tasks[id_]
        if task.cancelled():
            self._session.settle(id_, None, CancelledError("the call was cancelled"))
        elif (error := task.exception()) is not None:
            self._session.settle(id_, None, error)
        else:
            self._session.settle(id_, task.result())
        if self._session.aborting is not None:
            self._abort(self._session.aborting)
        elif self._session.pending and not self._busy and not self._pumping:
            self._pump()

    def _abort(self, error: LlmspellError) -> None:
        self._session.abort(error)
        if self._aborted or self._session.ended:
            return
        self._aborted = True
        if self._busy:
            self.stop(error)
        else:
            self._timers.append(self._loop.call_later(_ABORT_SECONDS, self.stop, error))
            self._busy = True
            self._worker.feed([Abort(error.to_data())], time.time())
