"""Where blocking work is done, so that it holds up nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

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


async def own(work: Callable[[], T]) -> T:
    """Do it in a thread of its own, which holds up neither others nor the end of the program."""
    import asyncio  # whoever awaits this has it
    from threading import Thread

    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def deliver() -> None:
        value, failed = None, None
        try:
            value = work()
        except Exception as error:  # noqa: BLE001  # it is raised where the value is awaited
            failed = error
        with suppress(RuntimeError):  # the run and its loop are over
            loop.call_soon_threadsafe(settle, value, failed)

    def settle(value: Any, failed: Exception | None) -> None:
        if done.done():
            return
        if failed is None:
            done.set_result(value)
        else:
            done.set_exception(failed)

    Thread(target=deliver, daemon=True).start()
    return await done


def _in_loop() -> bool:
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
