"""Runs programs of others: each in a session of its own, so that it can be ended with all that it has started.

A program gets no terminal, no descriptor but its three streams, and the environment that it is given. What it starts
shares its process group; a process that leaves the group on purpose is not followed.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import IO, NamedTuple, cast

_PIECE = 1 << 16
_TICK = 0.02
_LAST_WORDS = 1.0


class Command(NamedTuple):
    """What to run: `path` is the program's file, `argv` begins with its name; `folder` None is this process's own."""

    path: str
    argv: Sequence[str]
    env: Mapping[str, str]
    folder: str | None = None
    input: bytes = b""


class Finished(NamedTuple):
    """How a program ended: its exit code, or a negative signal. `truncated` when it said more than was kept."""

    code: int
    stdout: bytes
    stderr: bytes
    truncated: bool


class Program:
    """One program. `run` blocks, in a thread; `kill` may be called from another one at any time."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._lock = Lock()
        self._killed = False
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, keep: int, seconds: float | None = None) -> Finished | None:
        """Run it to its end and keep the first `keep` bytes of each of its outputs.

        None when it was killed, by `kill` or because it took longer than `seconds`; nothing of it runs any more when
        this returns. Raises `OSError` when it cannot be started.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            if self._killed:
                return None
            process = self._process = _started(self._command)
        pipes = _Pipes(process, self._command.input, keep)
        try:
            in_time = pipes.pump(deadline)
        finally:
            with self._lock:
                killed, self._killed = self._killed, True
                _end_group(process)
            pipes.close()
        return pipes.finished(process.returncode) if in_time and not killed else None

    def kill(self) -> None:
        """End it and all that it has started; if it has not begun, it never will."""
        with self._lock:
            if not self._killed and self._process is not None:
                _kill_group(self._process)
            self._killed = True


class Logged:
    """A program of ours whose output goes into a file; it is killed when the work around it, a `with`, is left."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> None:
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(env))  # noqa: S603  # the caller's own command line

    def wait(self, seconds: float) -> int | None:
        """Its exit code, or None when it still runs after that time."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def __enter__(self) -> Logged:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def _started(command: Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # no shell; what may run was decided by the caller
        list(command.argv),
        executable=command.path,
        stdin=subprocess.PIPE if command.input else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(command.env),
        cwd=command.folder,
        start_new_session=True,
        bufsize=0,
    )


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has, without reaping it: until then nobody else can get the number of its group."""
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # reaped by somebody who waits for any child
        return True


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nothing of it is left, or it has put on other rights
        os.killpg(process.pid, signal.SIGKILL)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    _kill_group(process)
    process.wait()


class _Pipes:
    """The streams of a program."""

    def __init__(self, process: subprocess.Popen[bytes], input_: bytes, keep: int) -> None:
        self._process = process
        self._rest = memoryview(input_)
        self._keep = keep
        self._kept: dict[int, list[bytes]] = {}
        self._room: dict[int, int] = {}
        self._truncated = False
        self._selector = selectors.DefaultSelector()
        self._outputs = [cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)]
        for pipe in self._outputs:
            os.set_blocking(pipe.fileno(), False)
            self._kept[pipe.fileno()], self._room[pipe.fileno()] = [], keep
            self._selector.register(pipe, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            self._selector.register(process.stdin, selectors.EVENT_WRITE)

    def pump(self, deadline: float | None) -> bool:
        """Carry everything until the program has ended; false when it takes too long."""
        ended: float | None = None
        while self._selector.get_map() or ended is None:
            now = time.monotonic()
            if ended is None and _has_ended(self._process):
                ended = now
                _kill_group(self._process)  # what it leaves behind would hold its pipes open
            if ended is not None and now > ended + _LAST_WORDS:
                break
            if ended is None and deadline is not None and now > deadline:
                return False
            self._turn(_TICK)
        return True

    def _turn(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds / 10)
        for key, _ in self._selector.select(seconds):
            pipe = cast("IO[bytes]", key.fileobj)
            if pipe is self._process.stdin:
                self._feed(pipe)
            else:
                self._read(pipe)

    def _feed(self, pipe: IO[bytes]) -> None:
        try:
            self._rest = self._rest[os.write(pipe.fileno(), self._rest[:_PIECE]) :]
        except BlockingIOError:
            return
        except OSError:  # it reads no more
            self._rest = self._rest[:0]
        if not self._rest:
            self._selector.unregister(pipe)
            pipe.close()

    def _read(self, pipe: IO[bytes]) -> None:
        file = pipe.fileno()
        try:
            piece = os.read(file, _PIECE)
        except BlockingIOError:
            return
        if not piece:
            self._selector.unregister(pipe)
        elif self._room[file]:
            self._kept[file].append(piece[: self._room[file]])
        self._truncated |= len(piece) > self._room[file]
        self._room[file] -= min(len(piece), self._room[file])

    def finished(self, code: int) -> Finished:
        out, err = (b"".join(kept) for kept in self._kept.values())
        return Finished(code, out, err, self._truncated)

    def close(self) -> None:
        self._selector.close()
        for pipe in (self._process.stdin, *self._outputs):
            if pipe is not None:
                pipe.close()
