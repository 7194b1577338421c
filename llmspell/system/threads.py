"""Where blocking work is done, so that it holds up nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from llmspell.threads import own

if TYPE_CHECKING:
    import asyncio

    from llmspell.system.files import Stopped

T = TypeVar("T")


def quick(work: Callable[[], T]) -> T:
    """Do it here where no event loop runs, since nobody else waits then; otherwise give an awaitable of a thread.

    Typed as the value, which is what a script gets.
    """
    if not _in_loop():
        return work()
    import asyncio  # it is loaded

    return cast(T, asyncio.to_thread(work))


async def slow(work: Callable[[Stopped], T], turn: asyncio.Semaphore) -> T:
    """Do it in a thread of its own when it is its turn, and tell it to stop when the call is cancelled.

    The common threads are left to what is quick, so that others need not wait for this.
    """
    from threading import Event

    stop = Event()
    try:
        async with turn:
            return await own(lambda: work(stop.is_set))
    finally:
        stop.set()


def _in_loop() -> bool:
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
