"""Warm workers for a host that runs many spells: forked ahead by a zygote, each used for one spell."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque

from llmspell import values
from llmspell.errors import InvalidValueError
from llmspell.workers import frames
from llmspell.workers.child import Child
from llmspell.workers.remote import RemoteInterpreter
from llmspell.workers.turns import Turns

_READ = 1 << 16
_REPORT_SECONDS = 1.0
_REFILL_SECONDS = 0.005


class Forked:
    """A worker that the zygote forks once `launch` was called; it can be written to before."""

    def __init__(self, zygote: _Zygote, dialect: str) -> None:
        self.sock, self._theirs = socket.socketpair()
        self._zygote = zygote
        self._dialect = dialect
        self._launched = False
        self._killed = False
        self.pid: int | None = None
        self.exit_status: asyncio.Future[int | None] = zygote.loop.create_future()

    def launch(self) -> None:
        """Have it forked, unless it is already."""
        if not self._launched:
            self._launched = True
            with self._theirs:
                self._zygote.fork(self, self._dialect, self._theirs)

    def forked(self, pid: int) -> None:
        self.pid = pid
        if self._killed:
            self._zygote.request(["kill", pid])

    def ended(self, status: int | None) -> None:
        if not self.exit_status.done():
            self.exit_status.set_result(status)

    def slow_down(self) -> None:
        if self.pid is not None and not self.exit_status.done():
            self._zygote.request(["slow down", self.pid])

    def kill(self) -> None:
        if self._killed or self.exit_status.done():
            return
        self._killed = True
        if self.pid is not None:
            self._zygote.request(["kill", self.pid])

    async def exited(self) -> int | None:
        """How it ended; None when the zygote does not say so in time."""
        done, _ = await asyncio.wait([self.exit_status], timeout=_REPORT_SECONDS)
        return self.exit_status.result() if done else None

    def close(self) -> None:
        self.sock.close()
        self._theirs.close()
        self.kill()


class _Zygote:
    """Our side of the zygote process."""

    def __init__(self, dialects: list[str], loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.dialects = dialects
        self._open = True
        self._child = Child.start("llmspell.workers.zygote", [str(os.getpid()), *dialects])
        self._child.sock.setblocking(True)
        self._buffer = frames.FrameBuffer()
        self._tickets = 0
        self._starting: dict[int, Forked] = {}
        self._running: dict[int, Forked] = {}
        loop.add_reader(self._child.sock, self._readable)

    @property
    def alive(self) -> bool:
        return self._open and self._child.poll() is None

    def fork(self, worker: Forked, dialect: str, sock: socket.socket) -> None:
        if not self._open:  # it died: closing the other end tells the spell
            worker.ended(None)
            return
        self._tickets += 1
        self._starting[self._tickets] = worker
        self.request(["fork", self._tickets, dialect], sock)

    def request(self, message: list[object], sock: socket.socket | None = None) -> None:
        try:
            if sock is None:
                self._child.sock.sendall(frames.pack(message))
            else:
                socket.send_fds(self._child.sock, [frames.pack(message)], [sock.fileno()])
        except OSError:  # it died: the workers' sockets tell their spells
            self._died()

    def close(self) -> None:
        self._died()

    def _readable(self) -> None:
        try:
            data = self._child.sock.recv(_READ)
        except OSError:
            data = b""
        if not data:
            self._died()
            return
        for body in self._buffer.feed(data):
            what, number, value = values.loads(body)
            if what == "forked":
                worker = self._running[value] = self._starting.pop(number)
                worker.forked(value)
            else:
                self._running.pop(number).ended(value)

    def _died(self) -> None:
        if not self._open:
            return
        self._open = False
        self.loop.remove_reader(self._child.sock)
        self._child.close()
        for worker in (*self._starting.values(), *self._running.values()):
            worker.ended(None)
        self._starting.clear()
        self._running.clear()


class Pool:
    """Gives a worker for a spell at once and keeps `warm` more ready for the next ones of that dialect."""

    def __init__(self, warm: int = 2) -> None:
        self._size = warm
        self._zygote: _Zygote | None = None
        self._warm: dict[str, deque[Forked]] = {}
        self._turns = Turns()

    def take(self, dialect: str) -> RemoteInterpreter:
        """An interpreter in a worker process that no spell has used; call it in the event loop."""
        zygote = self._running_zygote(dialect)
        ready = self._warm.setdefault(dialect, deque())
        worker = _first_alive(ready) or Forked(zygote, dialect)
        if ready:  # the spell goes first: forking now would take the processor from it
            zygote.loop.call_later(_REFILL_SECONDS, self._refill, dialect)
        else:
            self._refill(dialect)
        return RemoteInterpreter(worker, turns=self._turns)

    def _refill(self, dialect: str) -> None:
        zygote, ready = self._zygote, self._warm.get(dialect)
        if zygote is None or ready is None:  # closed meanwhile
            return
        while zygote.alive and len(ready) < self._size:
            ready.append(worker := Forked(zygote, dialect))
            worker.launch()

    def close(self) -> None:
        """End the zygote and every worker."""
        for ready in self._warm.values():
            for worker in ready:
                worker.close()
        self._warm.clear()
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _running_zygote(self, dialect: str) -> _Zygote:
        loop = asyncio.get_running_loop()
        zygote = self._zygote
        if zygote is not None and zygote.loop is not loop:
            hint = "make a host for each event loop"
            raise InvalidValueError("a host belongs to the event loop that it was first used in", hint=hint)
        if zygote is None or not zygote.alive:
            self.close()
            zygote = self._zygote = _Zygote([dialect], loop)
        return zygote


def _first_alive(ready: deque[Forked]) -> Forked | None:
    while ready:
        worker = ready.popleft()
        if not worker.exit_status.done():
            return worker
        worker.close()
    return None
