"""The standard input of a run."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import asyncio


class StandardInput:
    """Reads text for a spell from `source`: a text, an open text file, or None for nothing.

    A file is read in a daemon thread, so that a terminal on which nobody types holds up neither the event loop
    nor the end of the program.
    """

    def __init__(self, source: str | TextIO | None) -> None:
        self._file = source if not isinstance(source, str) else None
        self._text = source if isinstance(source, str) else ""

    async def read(self) -> str:
        """All that is left."""
        if self._file is not None:
            return await _in_thread(self._file.read)
        text, self._text = self._text, ""
        return text

    async def lines(self) -> AsyncIterator[str]:
        """The lines that are left, without their ends."""
        while line := await self._line():
            yield line.rstrip("\n").removesuffix("\r")

    async def _line(self) -> str:
        if self._file is not None:
            return await _in_thread(self._file.readline)
        line, newline, self._text = self._text.partition("\n")
        return line + newline


async def _in_thread(read: Callable[[], str]) -> str:
    import asyncio  # slow to import, and most spells read no input

    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()
    threading.Thread(target=_deliver, args=(read, loop, future), daemon=True).start()
    return await future


def _deliver(read: Callable[[], str], loop: asyncio.AbstractEventLoop, future: asyncio.Future[str]) -> None:
    try:
        result: str | Exception = read()
    except Exception as error:  # noqa: BLE001  # it is raised where the text is awaited
        result = error
    try:
        loop.call_soon_threadsafe(_settle, future, result)
    except RuntimeError:  # the run and its loop are over
        return


def _settle(future: asyncio.Future[str], result: str | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
