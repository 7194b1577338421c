"""Reads a file line by line, holding one piece of it at a time."""

from __future__ import annotations

import os
from threading import Lock

from llmspell.errors import InvalidValueError

MAX_LINE = 1 << 20
"""The bytes of the longest line."""
_PIECE = 1 << 16


class Lines:
    """The lines of an open file, in batches. `batch` blocks; `close` may be called while it does."""

    def __init__(self, file: int, shown: str) -> None:
        self._file: int | None = file
        self._shown = shown
        self._rest = b""
        self._number = 0
        self._lock = Lock()

    def batch(self) -> list[str]:
        """The next lines, without their ends, at least one; empty when there are no more."""
        with self._lock:
            while self._file is not None:
                piece = os.read(self._file, _PIECE)
                if not piece:
                    last, self._rest = self._rest, b""
                    self._end()
                    return self._texts([last] if last else [])
                *lines, self._rest = (self._rest + piece).split(b"\n")
                if len(self._rest) > MAX_LINE:
                    raise InvalidValueError(f"{self._shown}: line {self._number + 1} is longer than 1 MiB")
                if lines:
                    return self._texts(lines)
            return []

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _texts(self, lines: list[bytes]) -> list[str]:
        texts = []
        for line in lines:
            self._number += 1
            try:
                texts.append(line.removesuffix(b"\r").decode())
            except UnicodeDecodeError:
                raise InvalidValueError(
                    f"{self._shown}: line {self._number} is no text: it is not UTF-8",
                    hint="keep its bytes with fs.blob",
                ) from None
        return texts
