"""A stream that a script reads in batches.

A task reads ahead, up to `AHEAD` items or `AHEAD_TEXT` characters, so that one crossing of the border carries all that
has arrived, and a slow script slows the source down.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

AHEAD = 256
AHEAD_TEXT = 1 << 20


class Stream:
    """Reads `items` in a task of its own from the first `next` on; `close` cancels it, which closes the source."""

    def __init__(self, items: AsyncIterator[Any]) -> None:
        self._items = items
        self._buffer: list[Any] = []
        self._size = 0
        self._error: BaseException | None = None
        self._done = False
        self._reader: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()

    async def next(self) -> dict[str, Any]:
        """All that has arrived, at least one item unless the stream is over: `{"items", "done"}`.

        An error of the source comes after the items that came before it.
        """
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())
        if not self._buffer and not self._done:
            self._arrived.clear()
            await self._arrived.wait()
        items, self._buffer, self._size = self._buffer, [], 0
        self._room.set()
        if not items and self._error is not None:
            raise self._error
        return {"items": items, "done": self._done and self._error is None}

    @property
    def over(self) -> bool:
        """Whether everything was read, or the stream was closed."""
        return self._done and not self._buffer

    def close(self) -> None:
        """Stop reading and close the source."""
        self._done = True
        if self._reader is not None:
            self._reader.cancel()
        self._arrived.set()

    async def _read(self) -> None:
        try:
            async with aclosing(cast(Any, self._items)) as items:
                async for item in items:
                    self._buffer.append(item)
                    self._arrived.set()
                    self._size += _size_of(item)
                    if len(self._buffer) >= AHEAD or self._size >= AHEAD_TEXT:
                        self._room.clear()
                        await self._room.wait()
        except Exception as error:  # noqa: BLE001  # it is raised to the script by `next`
            self._error = error
        finally:
            self._done = True
            self._arrived.set()


def _size_of(item: Any) -> int:
    """The characters in a text, or in the texts of an object's fields."""
    if type(item) is dict:
        return sum(len(value) for value in item.values() if type(value) is str)
    return len(item) if type(item) is str else 0
