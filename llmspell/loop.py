"""The event loops of programs that have none."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


def quick() -> asyncio.AbstractEventLoop:
    """uvloop's where the extra `fast` installed it, else asyncio's own."""
    try:
        from uvloop import new_event_loop  # an extra
    except ImportError:
        return plain()
    return new_event_loop()


def plain() -> asyncio.AbstractEventLoop:
    """asyncio's own: uvloop takes the descriptor that tells of signals from those who watch it."""
    import asyncio  # slow to import, and many spells never wait

    return asyncio.new_event_loop()


def run(work: Callable[[], Coroutine[Any, Any, T]], make: Callable[[], asyncio.AbstractEventLoop]) -> T:
    """What `asyncio.run` does, in a loop that `make` makes."""
    import asyncio  # as above

    with asyncio.Runner(loop_factory=make) as runner:
        return runner.run(work())
