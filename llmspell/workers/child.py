"""Starts a program of ours in a clean process: a new interpreter, an empty environment, one socket.

The child has no descriptors but the socket (as number 3) and null for the standard ones, leads its own process
group so that a terminal's Ctrl-C does not reach it, and is killed when this process dies.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence

from llmspell.workers import SOCKET, go_last

_BOOT = "import sys; sys.path[:] = {path!r}; from {module} import main; main({args!r})"


class Child:
    """A running child process and our end of its socket."""

    def __init__(self, pid: int, sock: socket.socket) -> None:
        self.pid = pid
        self.sock = sock
        self._status: int | None = None

    @classmethod
    def start(cls, module: str, args: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Child:
        """Run `module.main(args)` in a new process, whose environment is `env` and nothing else."""
        ours, theirs = socket.socketpair()
        os.set_inheritable(theirs.fileno(), True)  # dup2 onto itself would keep it closed on exec
        null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", _boot(module, args)],
                dict(env or {}),
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), SOCKET), *null],
                setpgroup=0,
                setsigdef=[signal.SIGINT, signal.SIGPIPE, signal.SIGTERM],
                setsigmask=[],
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(pid, ours)

    def launch(self) -> None:
        """It runs already; others wait for this."""

    def slow_down(self) -> None:
        """Let every other process go first from now on."""
        if self.poll() is None:
            go_last(self.pid)

    def kill(self) -> None:
        """End it now."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> int | None:
        """How it ended: its exit code, or the negative signal; None while it runs."""
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # reaped by somebody who waits for any child
                self._status = 0
            else:
                self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def wait(self, seconds: float = 1.0) -> int | None:
        """How it ended, after waiting that long at most."""
        deadline = time.monotonic() + seconds
        while (status := self.poll()) is None and time.monotonic() < deadline:
            time.sleep(0.001)
        return status

    async def exited(self) -> int | None:
        """How it ended, waiting at most a second for it; for use in an event loop."""
        import asyncio  # slow to import, and a caller of this has it

        for _ in range(1000):
            if (status := self.poll()) is not None:
                return status
            await asyncio.sleep(0.001)
        return None

    def close(self) -> None:
        """Close the socket, end the process and reap it."""
        self.sock.close()
        self.kill()
        self.wait()


def start_worker(dialect: str) -> Child:
    """A worker process of its own for one spell in that dialect."""
    return Child.start("llmspell.workers.serve", [dialect, str(os.getpid())])


def _boot(module: str, args: Sequence[str]) -> str:
    # Without `site`, the child finds packages only where this process did.
    path = [os.path.abspath(entry) for entry in sys.path if entry]
    return _BOOT.format(path=path, module=module, args=list(args))
