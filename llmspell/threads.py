"""A thread of its own for work that blocks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


async def own(work: Callable[[], T]) -> T:
    """Do it in a thread of its own, which holds up neither others nor the end of the program.

    It sees the context variables of the caller.
    """
    import asyncio  # whoever awaits this has it
    from contextvars import copy_context
    from threading import Thread

    loop, context = asyncio.get_running_loop(), copy_context()
    done: asyncio.Future[T] = loop.create_future()

    def deliver() -> None:
        value: Any = None
        failed: BaseException | None = None
        try:
            value = context.run(work)
        except BaseException as error:  # noqa: BLE001  # it is raised where the value is awaited
            failed = error
        with suppress(RuntimeError):  # the run and its loop are over
            loop.call_soon_threadsafe(settle, value, failed)

    def settle(value: Any, failed: BaseException | None) -> None:
        if done.done():
            return
        if failed is None:
            done.set_result(value)
        else:
            done.set_exception(failed)

    Thread(target=deliver, daemon=True).start()
    return await done
