"""The inside of a spell's worker process: one interpreter, one spell, one socket.

It imports its language and nothing else of the runtime. Nobody here is trusted by the other side.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from llmspell import values
from llmspell.border import Call, Done, Failed, FromSpell, Interpreter, SpellSource
from llmspell.errors import InternalError, LimitError
from llmspell.languages import bridge_of
from llmspell.workers import SOCKET, cpu_allowance, frames, harden
from llmspell.workers.inline import bridge_failed

_READ = 1 << 14
_BATCH = 1 << 17
_BOUNDED = 0.05
"""Seconds for which the timer of one slice serves the next ones too: setting it takes longer than a short slice, and
it leaves more room than that."""


def main(args: list[str]) -> None:
    """Serve one spell on the inherited socket: `args` are the dialect and the pid of the parent."""
    dialect, parent = args
    harden.die_with_parent(int(parent))
    harden.close_descriptors(SOCKET)
    bridge = bridge_of(dialect)
    interpreter = bridge.interpreter(dialect)
    harden.confine()
    serve(SOCKET, interpreter, dialect, getattr(bridge, "preload", None))


def serve(fd: int, interpreter: Interpreter, dialect: str, preload: Callable[[str | None], None] | None) -> None:
    """Run the spell that comes over `fd` until it ends or the other side goes away, then leave the process.

    The process seals itself at once; with `preload`, only after that was called with the source of the spell.
    """
    buffer = frames.FrameBuffer()
    cpu = bounded_until = 0.0
    size = None if preload else _seal(dialect)
    while data := os.read(fd, _READ):
        for body in buffer.feed(data):
            frame = values.loads(body)
            if frame[0] == "start":
                heap, cpu = frame[1]["limits"][:2]
                bounded_until = 0.0
                if preload is not None:
                    preload(frame[1]["source"])
                    size = _seal(dialect)
                harden.bound_memory(size, heap)
            if (now := time.perf_counter()) > bounded_until:
                harden.bound_slice(cpu_allowance(cpu))
                bounded_until = now + _BOUNDED
            messages = _slice(interpreter, frame)
            _send(fd, messages)
            if messages and isinstance(messages[-1], (Done, Failed)):
                os._exit(0)
    os._exit(0)


def _seal(dialect: str) -> int | None:
    size = harden.address_space()
    harden.seal(dialect)
    return size


def rehearse() -> None:
    """Do once what every start does: a forked process copies each page when it first writes to it, and so spells
    do not wait for that."""
    for body in frames.FrameBuffer().feed(frames.start(SpellSource("", ""))):
        frames.read_start(values.loads(body))
    _encoded(Call(1, "", {}))


def _slice(interpreter: Interpreter, frame: list[Any]) -> list[FromSpell]:
    try:
        if frame[0] == "start":
            return interpreter.start(frames.read_start(frame))
        messages, now = frames.read_feed(frame)
        return interpreter.feed(messages, now)
    except MemoryError:
        return [Failed(LimitError("memory limit of the worker process exceeded").to_data())]
    except Exception as error:  # noqa: BLE001  # a fault of the bridge must reach the runtime as a message
        return bridge_failed(error)


def _send(fd: int, messages: Sequence[FromSpell]) -> None:
    batch: list[bytes] = []
    size = 0
    for message in messages:
        batch.append(encoded := _encoded(message))
        size += len(encoded)
        if size > _BATCH:
            _write(fd, frames.from_messages(batch, ended=False))
            batch, size = [], 0
    _write(fd, frames.from_messages(batch, ended=True))


def _encoded(message: FromSpell) -> bytes:
    try:
        return frames.message(message)
    except (ValueError, TypeError, RecursionError) as error:
        return frames.message(Failed(InternalError(f"the bridge let a bad value through: {error}").to_data()))


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
