"""Our side of a spell's worker process.

`RemoteInterpreter` is an `Interpreter` that blocks, for a program without an event loop; `RemoteWorker` drives the
same process from asyncio. Both turn the death of the worker into an error of that spell alone.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from llmspell.border import EngineLimits, Failed, FromSpell, SpellSource, ToSpell
from llmspell.errors import InternalError, LimitError, LlmspellError
from llmspell.limits import Deadline
from llmspell.workers import frames
from llmspell.workers.child import Child
from llmspell.workers.incoming import STALLED, CpuWatch, Incoming, cpu_exceeded

if TYPE_CHECKING:
    import asyncio

    from llmspell.workers.turns import Turns

_READ = 1 << 14  # a larger buffer is mapped and unmapped by the allocator for each read
_SLACK = 0.005
_SOON = 100e-6 if (os.cpu_count() or 1) > 1 else 0.0  # a single processor is left to the worker
_PATIENCE = 1.0
_TIMEVAL = struct.Struct("@ll")
_FORBIDDEN = -31 if sys.platform == "linux" else None  # SIGSYS, from the seccomp filter
_CPU_SIGNALS = (-signal.SIGPROF, -signal.SIGXCPU)


class Process(Protocol):
    """A worker process, started directly or forked by the zygote."""

    sock: socket.socket

    @property
    def pid(self) -> int | None: ...
    def launch(self) -> None: ...
    def slow_down(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...
    async def exited(self) -> int | None: ...


def cause_of_death(status: int | None, cpu: float) -> LlmspellError:
    """What to tell of a worker that ended with this exit code or negative signal before its spell did."""
    if status in _CPU_SIGNALS:
        return cpu_exceeded(cpu)
    if status == _FORBIDDEN:
        return InternalError("the worker process of the spell was killed: a system call that no worker may make")
    how = (
        "ended"
        if status is None
        else f"exited with code {status}"
        if status >= 0
        else f"was killed by signal {signal.strsignal(-status) or -status}"
    )
    return InternalError(
        f"the worker process of the spell {how}",
        hint="only this spell is lost; the host is unharmed, run it again",
    )


class RemoteInterpreter:
    """An interpreter in a worker process. `start` and `feed` block until the slice is over.

    `deadline` ends a slice that is still running then. `stall` is how many seconds a slice may take on the clock:
    a worker that is stopped, not busy, uses no processor time. By default it depends on the limits of the spell.
    """

    def __init__(
        self,
        process: Process,
        *,
        deadline: Deadline | None = None,
        stall: float | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.process = process
        self.turns = turns
        self.deadline = deadline
        self.incoming = Incoming()
        self.limits = EngineLimits()
        self._stall = stall
        self._timeout = 0.0
        process.sock.setblocking(True)

    @property
    def stall(self) -> float:
        """How many seconds a slice may take on the clock."""
        return 10.0 * self.limits.cpu + 10.0 if self._stall is None else self._stall

    def watch(self) -> CpuWatch:
        """Watch a slice that takes long."""
        return CpuWatch(self.process.pid, self.limits.cpu)

    def start(self, spell: SpellSource) -> list[FromSpell]:
        self.limits = spell.limits
        return self._slice(frames.start(spell))

    def feed(self, messages: Sequence[ToSpell], now: float) -> list[FromSpell]:
        return self._slice(frames.feed(messages, now))

    def close(self) -> None:
        self.process.close()

    def _slice(self, frame: bytes) -> list[FromSpell]:
        received: list[FromSpell] = []
        try:
            return self._exchange(frame, received)
        except TimeoutError:
            error = self._overrun()
        except (InternalError, LimitError) as refused:
            error = refused
            self.process.kill()
        except OSError:  # it died while we wrote, or read
            error = cause_of_death(self._status(), self.limits.cpu)
        return [*received, Failed(error.to_data())]

    def _exchange(self, frame: bytes, received: list[FromSpell]) -> list[FromSpell]:
        end = time.monotonic() + self.stall
        self.incoming.expect(self.limits)
        self._send(frame, end)
        ended = False
        while not ended:
            if not (data := self._receive(end)):
                raise ConnectionError
            for messages, ended in self.incoming.take(data):  # noqa: B007  # the last one counts
                received += messages
        return received

    def _send(self, frame: bytes, end: float) -> None:
        rest = memoryview(frame)
        while rest:
            self._wait_at_most(min(self._left(end), _PATIENCE))
            try:
                rest = rest[self.process.sock.send(rest) :]
            except BlockingIOError:
                continue

    def _receive(self, end: float) -> bytes:
        """What comes next, from a worker that does not use more processor time than it may."""
        if data := self._receive_soon():
            return data
        watch: CpuWatch | None = None
        patience = _PATIENCE
        while True:
            self._wait_at_most(min(self._left(end), patience))
            try:
                return self.process.sock.recv(_READ)
            except BlockingIOError:
                watch = watch or self.watch()
                patience = watch.pause()

    def _receive_soon(self) -> bytes:
        """What comes at once: most slices are over sooner than a process that sleeps is woken."""
        soon = time.perf_counter() + _SOON
        while time.perf_counter() < soon:
            with suppress(BlockingIOError):
                return self.process.sock.recv(_READ, socket.MSG_DONTWAIT)
        return b""

    def _wait_at_most(self, seconds: float) -> None:
        # Every change is a system call, and some milliseconds more do not matter. With a timeout of Python's own, each
        # call would poll first, and the process be woken twice: a quarter of the time that a call and its answer take.
        if not seconds <= self._timeout <= seconds + 2 * _SLACK:
            self._timeout = seconds + _SLACK
            left = _TIMEVAL.pack(int(self._timeout), int(self._timeout % 1 * 1e6))
            for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self.process.sock.setsockopt(socket.SOL_SOCKET, direction, left)

    def _left(self, end: float) -> float:
        left = end - time.monotonic()
        if self.deadline is not None:
            left = min(left, self.deadline.left)
        if left <= 0:
            raise TimeoutError
        return left

    def _status(self) -> int | None:
        return self.process.wait() if isinstance(self.process, Child) else None

    def _overrun(self) -> LlmspellError:
        self.process.kill()
        if self.deadline is not None and not self.deadline.left:
            return self.deadline.error()
        return LimitError(STALLED)


class RemoteWorker:
    """The same process, driven by asyncio: `on_slice(messages, ended)` is called for what comes from it.

    A worker that dies gives one last `Failed`. `feed` is called again only after a slice has ended.
    """

    def __init__(
        self,
        remote: RemoteInterpreter,
        on_slice: Callable[[list[FromSpell], bool], None],
    ) -> None:
        import asyncio  # a program without an event loop does not pay for these

        from llmspell.workers.turns import Watchdog

        loop = asyncio.get_running_loop()
        self._remote = remote
        self._process = remote.process
        self._on_slice = on_slice
        self._loop = loop
        self._open = True
        self._unsent = b""
        self._writing = False
        self._watchdog = Watchdog(remote.process, remote.turns, loop, self._fail)
        self._obituary: asyncio.Task[None] | None = None
        self._process.sock.setblocking(False)
        loop.add_reader(self._process.sock, self._readable)

    def start(self, spell: SpellSource) -> None:
        self._remote.limits = spell.limits
        self._send(frames.start(spell))

    def feed(self, messages: Sequence[ToSpell], now: float) -> None:
        self._send(frames.feed(messages, now))

    def close(self) -> None:
        """Kill the process, if it still runs, and reap it."""
        if self._open:
            self._open = False
            self._watchdog.end()
            self._loop.remove_reader(self._process.sock)
            self._loop.remove_writer(self._process.sock)
        self._process.close()

    def _send(self, frame: bytes) -> None:
        self._unsent = frame
        self._watchdog.wait(self._begin)

    def _begin(self) -> None:
        self._process.launch()
        self._watchdog.begin(self._remote.limits.cpu, self._remote.stall)
        self._remote.incoming.expect(self._remote.limits)
        self._writable()

    def _writable(self) -> None:
        try:
            sent = self._process.sock.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:  # it died; reading tells how
            sent = len(self._unsent)
        self._unsent = self._unsent[sent:]
        if bool(self._unsent) != self._writing:
            self._writing = bool(self._unsent)
            if self._writing:
                self._loop.add_writer(self._process.sock, self._writable)
            else:
                self._loop.remove_writer(self._process.sock)

    def _readable(self) -> None:
        try:
            data = self._process.sock.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._died()
            return
        try:
            for messages, ended in self._remote.incoming.take(data):
                if ended:
                    self._watchdog.end()
                self._on_slice(messages, ended)
                if not self._open:
                    return
        except InternalError as error:
            self._fail(error)

    def _died(self) -> None:
        self._loop.remove_reader(self._process.sock)
        self._obituary = self._loop.create_task(self._tell_death())

    async def _tell_death(self) -> None:
        error = cause_of_death(await self._process.exited(), self._remote.limits.cpu)
        if self._open:
            self._fail(error)

    def _fail(self, error: LlmspellError) -> None:
        self._watchdog.end()
        self._loop.remove_reader(self._process.sock)
        self._process.kill()
        self._on_slice([Failed(error.to_data())], True)
