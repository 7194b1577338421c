"""Where blocking work is done, so that it holds up nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
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


async def slow(work: Callable[[Stopped], T]) -> T:
    """Do it in a thread, and tell it to stop when the call is cancelled."""
    import asyncio  # a spell that never waits does without
    from threading import Event

    stop = Event()
    try:
        return await asyncio.to_thread(work, stop.is_set)
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
