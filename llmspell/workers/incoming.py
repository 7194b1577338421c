"""What may come from a worker, and how much of it: nobody there is trusted.

A worker speaks during a slice and at no other time. What it says in one is bounded in bytes, in messages, and in
the values that a frame holds, since each takes much more memory here than it has bytes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from llmspell import values
from llmspell.border import EngineLimits, FromSpell
from llmspell.errors import InternalError, LimitError
from llmspell.workers import cpu_allowance, frames

STALLED = "the worker process of the spell does not answer any more"
MOST_MESSAGES = 1 << 20
MOST_CONTAINERS = values.MAX_BYTES // 8 + MOST_MESSAGES
_SMALL = 1 << 20
_FRAME = 16
"""The messages that a frame counts as, whatever is in it."""
_CPU_CLOCK = 2
_OVERTIME, _SLACK, _PAUSE = 0.5, 0.01, 1.0


class Incoming:
    """The words of one worker, slice by slice."""

    def __init__(self) -> None:
        self._buffer = frames.FrameBuffer()
        self._expected = False
        self._room = 0
        self._messages = 0

    def expect(self, limits: EngineLimits) -> None:
        """A slice begins."""
        self._expected = True
        self._room = frames.MAX_FRAME + limits.max_output
        self._messages = MOST_MESSAGES

    def take(self, data: bytes) -> Iterator[tuple[list[FromSpell], bool]]:
        """The messages of each frame that `data` completes, and whether they end the slice.

        Raises `InternalError` for what an honest worker does not send.
        """
        self._room -= len(data)
        if self._room < 0:
            raise InternalError("the worker of the spell does not stop talking")
        for body in self._buffer.feed(data):
            if not self._expected:
                raise InternalError("the worker of the spell spoke without being asked")
            if len(body) > _SMALL:
                refuse_bomb(body)
            messages, ended = frames.from_worker(body)
            self._messages -= len(messages) + _FRAME
            if self._messages < 0:
                raise InternalError("the worker of the spell sent too many messages at once")
            self._expected = not ended
            yield messages, ended


def refuse_bomb(body: bytes) -> None:
    """Raise `InternalError` for JSON with more arrays and objects than a value may have."""
    if _containers(body) <= MOST_CONTAINERS:
        return
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(plain.split(b'"')[::2]) if plain.count(b'"') <= 4 * MOST_CONTAINERS else plain
    if _containers(outside) > MOST_CONTAINERS:
        raise InternalError("the worker of the spell sent a message with too many values")


def _containers(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def cpu_seconds(pid: int | None) -> float | None:
    """The processor time of another process (Linux; see clock_getcpuclockid(3)), None where nobody tells."""
    if pid is None or sys.platform != "linux":
        return None
    try:
        return time.clock_gettime((~pid << 3) | _CPU_CLOCK)
    except OSError:
        return None


def cpu_exceeded(cpu: float) -> LimitError:
    """What to tell of a worker that was killed for the processor time it took."""
    return LimitError(f"CPU limit of {cpu:g} s in one slice exceeded", hint="the worker process was killed")


class CpuWatch:
    """Watches the processor time of a slice from outside: a worker's own timer holds only while it is honest.

    `cpu` is the limit of the spell; a worker is killed some time after that, since its engine says it better.
    `begun` is what the process had used before the slice, by default what it has used by now.
    """

    def __init__(self, pid: int | None, cpu: float, begun: float | None = None) -> None:
        self._pid = pid
        self._cpu = cpu
        self._begun = cpu_seconds(pid) if begun is None else begun

    def pause(self) -> float:
        """How many seconds to wait before looking again. Raises `LimitError` when it used too much."""
        now = cpu_seconds(self._pid)
        if now is None or self._begun is None:
            return _PAUSE
        left = cpu_allowance(self._cpu) + _OVERTIME - (now - self._begun)
        if left <= 0:
            raise cpu_exceeded(self._cpu)
        return left + _SLACK
