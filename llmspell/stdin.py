"""The standard input of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TextIO

from llmspell.errors import ArgumentTypeError


class StandardInput:
    """Reads text for a spell from `source`: a text, an open text file, or None for nothing.

    A file is read in a daemon thread, so that a terminal on which nobody types holds up neither the event loop
    nor the end of the program.
    """

    def __init__(self, source: str | TextIO | None) -> None:
        if not isinstance(source, str | None) and not hasattr(source, "readline"):
            raise ArgumentTypeError(f"stdin must be text or an open text file, not {type(source).__name__}")
        self._file = source if not isinstance(source, str) else None
        self._text = source if isinstance(source, str) else ""

    async def read(self) -> str:
        """All that is left."""
        if self._file is not None:
            from llmspell.threads import own  # most spells read no input

            return await own(self._file.read)
        text, self._text = self._text, ""
        return text

    async def lines(self) -> AsyncIterator[str]:
        """The lines that are left, without their ends."""
        while line := await self._line():
            yield line.rstrip("\n").removesuffix("\r")

    async def _line(self) -> str:
        if self._file is not None:
            from llmspell.threads import own  # as above

            return await own(self._file.readline)
        line, newline, self._text = self._text.partition("\n")
        return line + newline
