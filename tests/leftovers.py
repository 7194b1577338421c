"""Runs that may leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psutil

T = TypeVar("T")


def leaving_nothing(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives in an event loop of its own; afterwards no task and no process of it may be left."""

    async def main() -> T:
        result = await work()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    result = asyncio.run(main())
    gc.collect()
    assert psutil.Process().children(recursive=True) == []
    return result
