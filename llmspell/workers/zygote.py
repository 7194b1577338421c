"""A process that has the languages loaded and forks a fresh worker on request, in about a millisecond.

Requests are frames `["fork", ticket, dialect]`, each with the worker's end of a socket, `["kill", pid]` and
`["slow down", pid]`; answers are `["forked", ticket, pid]` and `["exit", pid, status]`. It is one thread, it
runs no script, and it has an empty environment, so that a worker inherits nothing worth reading. When the socket
closes, it takes its workers with it.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from llmspell import values
from llmspell.border import Interpreter
from llmspell.languages import bridge_of
from llmspell.workers import SOCKET, frames, go_last, harden, kernel
from llmspell.workers.serve import rehearse, serve

_READ = 1 << 16
_MAX_FDS = 64
_IDLE_SECONDS = 0.05
_NICE = 5  # of every worker: the host, and the zygote, which forks and moves back, keep most of a busy processor


def main(args: list[str]) -> None:
    """Serve forks on the inherited socket: `args` are the pid of the parent and the dialects to load."""
    parent, *dialects = args
    kernel.leave_network()
    harden.die_with_parent(int(parent))
    harden.close_descriptors(SOCKET)
    harden.keep_private()
    zygote = _Zygote(socket.socket(fileno=SOCKET))
    for dialect in dialects:
        zygote.prepare(dialect)
    zygote.run()


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.buffer = frames.FrameBuffer()
        self.workers: set[int] = set()
        self.sockets: deque[int] = deque()
        self.wanted: deque[tuple[int, str]] = deque()
        self.interpreters: dict[str, Interpreter] = {}
        self.unloaded: dict[str, Callable[[str | None], None]] = {}
        self.bell, ringer = os.pipe()
        os.set_blocking(ringer, False)
        os.set_blocking(self.bell, False)
        signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def prepare(self, dialect: str) -> None:
        """Make the interpreter that every worker of this dialect begins with: its own copy, since it is forked."""
        if dialect not in self.interpreters:
            bridge = bridge_of(dialect)
            self.interpreters[dialect] = bridge.interpreter(dialect)
            if preload := getattr(bridge, "preload", None):
                self.unloaded[dialect] = preload
            _keep_pages()

    def preload(self) -> None:
        """Load what only some spells need, now that none waits: workers forked later seal themselves at once."""
        for preload in self.unloaded.values():
            with suppress(ImportError):  # the spells that need it are told
                preload(None)
        self.unloaded.clear()
        _keep_pages()

    def run(self) -> None:
        while True:
            idle = 0.0 if self.wanted else _IDLE_SECONDS if self.unloaded else None
            ready, _, _ = select.select([self.control.fileno(), self.bell], [], [], idle)
            if not ready and not self.wanted:
                self.preload()
            if self.bell in ready:
                os.read(self.bell, _READ)
                self.reap()
            if self.control.fileno() in ready and not self.requests():
                break
            if self.wanted:  # one at a time: whom to kill or to move back does not wait for a hundred forks
                self.fork(*self.wanted.popleft(), self.sockets.popleft())
        for pid in self.workers:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)

    def requests(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self.control, _READ, _MAX_FDS)
        self.sockets += descriptors
        for body in self.buffer.feed(data):
            request = values.loads(body)
            if request[0] == "fork":
                self.wanted.append((request[1], request[2]))
            elif request[1] not in self.workers:  # it ended meanwhile
                continue
            elif request[0] == "kill":
                os.kill(request[1], signal.SIGKILL)
            else:
                go_last(request[1])
        return bool(data)

    def fork(self, ticket: int, dialect: str, sock: int) -> None:
        zygote = os.getpid()
        with suppress(Exception):  # a bridge that cannot start fails its own spells: the worker tries again, and ends
            self.prepare(dialect)
        pid = os.fork()
        if pid == 0:
            try:
                self.become_worker(dialect, sock, zygote)
            finally:
                os._exit(70)
        os.close(sock)
        self.workers.add(pid)
        self.control.sendall(frames.pack(["forked", ticket, pid]))

    def reap(self) -> None:
        while self.workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self.workers.discard(pid)
            self.control.sendall(frames.pack(["exit", pid, os.waitstatus_to_exitcode(status)]))

    def become_worker(self, dialect: str, sock: int, zygote: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        harden.die_with_parent(zygote)
        os.nice(_NICE)
        os.dup2(sock, SOCKET)
        harden.close_descriptors(SOCKET)
        self.prepare(dialect)
        rehearse()
        harden.confine()
        serve(SOCKET, self.interpreters[dialect], dialect, self.unloaded.get(dialect))


def _keep_pages() -> None:
    """What is made by now lives as long as the process: do not touch it, and so copy it, in every worker."""
    gc.collect()
    gc.freeze()
